"""Where the arm is told to be: the certified state, the ramp it can stop on, and candidates for
the next state."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import NamedTuple

import numpy as np

from vla_core.compiled import COUNT, MATRIX, NUMBER, VECTOR, compiled
from vla_core.frozen import Array
from vla_core.robot.limits import JointLimits
from vla_shield.command.ramp import Ramp
from vla_shield.params import ShieldParams

JUDGED = np.linspace(0.0, 1.0, 8)  # of a stop, where its speeds are looked at
SENT = 12  # points of a stop, at most


class Stop(NamedTuple):
    """Where a stop leads, sampled once to be judged and to be sent."""

    path: Array  # (8, n) rad, at JUDGED of what is left of it
    speeds: Array  # (8, n) rad/s
    times: Array  # (k,) s from here until rest, whole periods
    position: Array  # (k, n) rad, at `times`
    velocity: Array  # (k, n) rad/s


@dataclass(frozen=True)
class Candidate:
    """A next state and the ramp that stops it. Positions are a sequence with constant steps of
    time."""

    position: Array  # (n,) rad, at the end of the step
    step_velocity: Array  # (n,) rad/s, mean over the step
    step_acceleration: Array  # (n,) rad/s^2, change of step_velocity per period
    velocity: Array  # (n,) rad/s, at the end of the step
    ramp: Ramp
    elapsed: float  # s, how much of the ramp lies before the end of the step
    period: float  # s, of the step

    @property
    def left(self) -> float:
        """s until rest."""
        return max(self.ramp.duration - self.elapsed, 0.0)

    @cached_property
    def stop(self) -> Stop:
        """What is left of the ramp."""
        steps = max(ceil(self.left / self.period - 1e-9), 1)
        stride = -(-steps // SENT)  # so that at most SENT moments, on whole periods, are left
        step, count, few = stride * self.period, -(-steps // stride), len(JUDGED)
        times, when = _moments(self.elapsed, self.left, JUDGED, step, count)
        path, speeds = self.ramp.sample(when)
        return Stop(path[:few], speeds[:few], times, path[few:], speeds[few:])


class Reference:
    """The certified state and its stop. `stop()` is always allowed: it follows the ramp
    certified before."""

    def __init__(self, limits: JointLimits, params: ShieldParams) -> None:
        self._limits = limits
        self._period = params.period
        self._jerk: Array = limits.jerk * params.brake_jerk  # (n,) rad/s^3, for stopping
        self._low = limits.lower + params.joint_margin
        self._high = limits.upper - params.joint_margin
        self.place(np.zeros(len(limits.names)))

    def place(self, q: Array) -> None:
        """At rest at `q`."""
        zero = np.zeros_like(q)
        ramp = Ramp(q, zero, zero, self._limits.acceleration, self._jerk)
        self.now = Candidate(np.array(q), zero, zero, zero, ramp, 0.0, self._period)
        self.span = (np.minimum(self._low, q), np.maximum(self._high, q))  # (n,) rad, of each stop

    @property
    def is_at_rest(self) -> bool:
        return not self.now.velocity.any() and not self.now.step_velocity.any()

    def bounds(self) -> tuple[Array, Array]:
        """(lower, upper) of the next step velocity, (n,) rad/s, from acceleration and jerk."""
        limits, now = self._limits, self.now
        return _bounds(
            now.step_velocity, now.step_acceleration, limits.acceleration, limits.jerk,
            self._period,
        )  # fmt: skip

    def candidate(self, u: Array) -> Candidate:
        """The state after one step at velocity `u` (n,) rad/s, and the ramp from there."""
        now, dt, accel = self.now, self._period, self._limits.acceleration
        position, velocity, a = _after(now.position, now.velocity, now.step_velocity, u, accel, dt)
        ramp = Ramp(position, velocity, a, accel, self._jerk)
        return Candidate(position, u, a, velocity, ramp, 0.0, dt)

    def stop(self) -> Candidate:
        """The next state on the ramp that is already certified."""
        now, dt = self.now, self._period
        elapsed = now.elapsed + dt
        if elapsed >= now.ramp.duration:
            position, velocity = now.ramp.end, np.zeros_like(now.velocity)
        else:
            positions, velocities = now.ramp.sample(np.array([elapsed]))
            position, velocity = positions[0], velocities[0]
        u = (position - now.position) / dt
        u[np.abs(u) < 1e-9] = 0.0
        a = (u - now.step_velocity) / dt
        return Candidate(position, u, a, velocity, now.ramp, elapsed, dt)

    def accept(self, candidate: Candidate) -> None:
        """Move on to a certified candidate; what it gained towards the limits is not given
        back."""
        self.now = candidate
        end, (low, high) = candidate.ramp.end, self.span
        self.span = (
            np.minimum(self._low, np.maximum(low, end)),
            np.maximum(self._high, np.minimum(high, end)),
        )


@compiled(NUMBER, NUMBER, VECTOR, NUMBER, COUNT)
def _moments(
    begin: float, left: float, shares: Array, step: float, count: int
) -> tuple[Array, Array]:
    """`count` times (k,) a `step` apart, and times of the ramp, s: after `shares` of what is left
    of it, then those."""
    times: Array = step * np.arange(1.0, count + 1.0)
    return times, begin + np.concatenate((left * shares, times))


@compiled(VECTOR, VECTOR, VECTOR, VECTOR, NUMBER)
def _bounds(u: Array, a: Array, accel: Array, jerk: Array, dt: float) -> tuple[Array, Array]:
    last = np.minimum(np.maximum(a, -accel), accel)
    low = u + np.maximum(last - jerk * dt, -accel) * dt
    return low, u + np.minimum(last + jerk * dt, accel) * dt


@compiled(VECTOR, VECTOR, VECTOR, VECTOR, VECTOR, NUMBER)
def _after(
    q: Array, v: Array, before: Array, u: Array, accel: Array, dt: float
) -> tuple[Array, Array, Array]:
    """Position, velocity and step acceleration after a step at `u` that follows `before`."""
    a = np.minimum(np.maximum((u - before) / dt, -accel), accel)
    v = np.minimum(np.maximum(u + 0.5 * dt * a, v - accel * dt), v + accel * dt)
    return q + u * dt, v, a


@compiled(NUMBER, VECTOR, VECTOR, VECTOR, MATRIX, MATRIX)
def joined(
    lead: float, q: Array, v: Array, times: Array, path: Array, speeds: Array
) -> tuple[Array, Array, Array]:
    """Times, positions and velocities of a state `lead` s from now and then its stop, at rest."""
    k, n = path.shape
    when, where, fast = np.empty(k + 1), np.empty((k + 1, n)), np.zeros((k + 1, n))
    when[0], where[0], fast[0] = lead, q, v
    when[1:], where[1:], fast[1:-1] = lead + times, path, speeds[:-1]
    return when, where, fast
