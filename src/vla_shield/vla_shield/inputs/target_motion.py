"""What a target asks for, and where its motion leads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_core.compiled import NUMBER, VECTOR, compiled
from vla_core.frozen import Array

FOLLOWS = 0.03  # s, targets no further apart are one motion
SMOOTH = 5e-5  # rad, between positions and velocities of two targets, or they are no one motion
USUAL = 0.02  # of the difference, by which the usual age follows the age of each target
OLDEST = 0.03  # s, at most usual: what is older is caught up with


@dataclass(frozen=True)
class TargetMotion:
    """What the target asks for, in the robot's order: (n,) rad, rad/s, rad/s^2 at its stamp."""

    position: Array
    velocity: Array
    acceleration: Array

    def seen_from(self, q: Array, time: float, dt: float) -> tuple[Array, Array, Array, Array]:
        """What it asks of an arm at `q` (n,) rad, `time` s after its stamp, if the motion goes on
        so: the way to it, its velocity, what that gains in `dt` s, and the velocity that meets it
        then, each (n,)."""
        bent = min(max(time, -FOLLOWS), FOLLOWS)  # s, for which the acceleration is believed
        return _seen(q, self.position, self.velocity, self.acceleration, time, bent, dt)


class TargetLatency:
    """The usual age of a target when it is followed.

    Carrying each target on to the moment itself would turn every change of its acceleration into a
    jump; so the arm follows the target's motion as it was made, by the usual age later.
    """

    def __init__(self) -> None:
        self._usual: float | None = None  # s

    def of(self, age: float) -> float:
        """s by which `age`, s, of the newest target is more than usual."""
        usual = age if self._usual is None else self._usual + USUAL * (age - self._usual)
        self._usual = min(max(usual, 0.0), OLDEST)
        return age - self._usual


def standstill(q: Array) -> TargetMotion:
    """Be at `q` (n,) rad and stay."""
    zero = np.zeros(len(q))
    return TargetMotion(q, zero, zero)


@compiled(VECTOR, VECTOR, VECTOR, VECTOR, NUMBER, NUMBER, NUMBER)
def _seen(
    q: Array, position: Array, velocity: Array, acceleration: Array, time: float, bent: float,
    dt: float,
) -> tuple[Array, Array, Array, Array]:  # fmt: skip
    there = position + time * velocity + bent * (time - 0.5 * bent) * acceleration
    error, feed = there - q, velocity + bent * acceleration
    return error, feed, acceleration * dt, error / dt + feed
