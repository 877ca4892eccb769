"""The motion that a target describes, and the usual latency of targets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_core.compiled import NUMBER, VECTOR, compiled
from vla_core.frozen import Array

MAX_INTERVAL = 0.03  # s, largest interval between two targets of one motion
MAX_MISMATCH = 5e-5  # rad, between positions and velocities of two targets of one motion
LATENCY_GAIN = 0.02  # gain of the low-pass filter of the mean latency
MAX_LATENCY = 0.03  # s, upper bound of the mean latency; delay beyond it is compensated


@dataclass(frozen=True)
class TargetMotion:
    """Position, velocity and acceleration of a target at its stamp, each (n,), in the robot's
    order of joints: rad, rad/s, rad/s^2."""

    position: Array
    velocity: Array
    acceleration: Array

    def relative_to(self, q: Array, time: float, dt: float) -> tuple[Array, Array, Array, Array]:
        """The extrapolated motion relative to an arm at `q` (n,) rad, `time` s after the stamp.

        Returns position error, feed-forward velocity, its change within `dt` s, and the velocity
        that meets the target after `dt`, each (n,).
        """
        horizon = min(max(time, -MAX_INTERVAL), MAX_INTERVAL)  # s, the acceleration is valid for
        return _relative(q, self.position, self.velocity, self.acceleration, time, horizon, dt)


class TargetLatency:
    """The usual age of a target when it is followed.

    Extrapolating each target to the present would turn every change of its acceleration into a
    jump; so the arm follows the target's motion as sent, delayed by the usual latency.
    """

    def __init__(self) -> None:
        self._mean: float | None = None  # s

    def excess(self, age: float) -> float:
        """s by which `age`, s, of the newest target exceeds the usual latency."""
        mean = age if self._mean is None else self._mean + LATENCY_GAIN * (age - self._mean)
        self._mean = min(max(mean, 0.0), MAX_LATENCY)
        return age - self._mean


def standstill(q: Array) -> TargetMotion:
    """Rest at `q` (n,) rad."""
    zero = np.zeros(len(q))
    return TargetMotion(q, zero, zero)


@compiled(VECTOR, VECTOR, VECTOR, VECTOR, NUMBER, NUMBER, NUMBER)
def _relative(
    q: Array, position: Array, velocity: Array, acceleration: Array, time: float, horizon: float,
    dt: float,
) -> tuple[Array, Array, Array, Array]:  # fmt: skip
    there = position + time * velocity + horizon * (time - 0.5 * horizon) * acceleration
    error, feed = there - q, velocity + horizon * acceleration
    return error, feed, acceleration * dt, error / dt + feed
