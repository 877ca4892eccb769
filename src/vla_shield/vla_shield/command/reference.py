"""The certified reference state, its braking ramp, and candidates for the next state."""

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

CHECKED = np.linspace(0.0, 1.0, 8)  # of a stop, where path and speeds are checked
MAX_POINTS = 12  # of a stop in the command


class Stop(NamedTuple):
    """A stop, sampled once for the checks and for the command."""

    path: Array  # (8, n) rad, at CHECKED of the time to rest
    speeds: Array  # (8, n) rad/s
    times: Array  # (k,) s until rest, whole periods
    position: Array  # (k, n) rad, at `times`
    velocity: Array  # (k, n) rad/s


@dataclass(frozen=True)
class Candidate:
    """A next state and the ramp that stops it. States are one period apart."""

    position: Array  # (n,) rad, at the end of the step
    step_velocity: Array  # (n,) rad/s, mean over the step
    step_acceleration: Array  # (n,) rad/s^2, change of step_velocity per period
    velocity: Array  # (n,) rad/s, at the end of the step
    ramp: Ramp
    elapsed: float  # s, on the ramp at the end of the step
    period: float  # s, of the step

    @property
    def time_to_rest(self) -> float:
        """s until rest."""
        return max(self.ramp.duration - self.elapsed, 0.0)

    @cached_property
    def stop(self) -> Stop:
        """The rest of the ramp."""
        steps = max(ceil(self.time_to_rest / self.period - 1e-9), 1)
        stride = -(-steps // MAX_POINTS)  # at most MAX_POINTS points, on whole periods
        step, count, few = stride * self.period, -(-steps // stride), len(CHECKED)
        times, when = _sample_times(self.elapsed, self.time_to_rest, CHECKED, step, count)
        path, speeds = self.ramp.sample(when)
        return Stop(path[:few], speeds[:few], times, path[few:], speeds[few:])


class Reference:
    """The certified state and its stop. `stop()` is always allowed: it follows the ramp that is
    already certified."""

    def __init__(self, limits: JointLimits, params: ShieldParams) -> None:
        self._limits = limits
        self._period = params.period
        self._jerk: Array = limits.jerk * params.brake_jerk  # (n,) rad/s^3, for stopping
        self._low = limits.lower + params.joint_margin
        self._high = limits.upper - params.joint_margin
        self.reset(np.zeros(len(limits.names)))

    def reset(self, q: Array) -> None:
        """Rest at `q` (n,) rad."""
        zero = np.zeros_like(q)
        ramp = Ramp(q, zero, zero, self._limits.acceleration, self._jerk)
        self.state = Candidate(np.array(q), zero, zero, zero, ramp, 0.0, self._period)
        # (n,) rad, lower and upper limit of each stop
        self.joint_range = (np.minimum(self._low, q), np.maximum(self._high, q))

    @property
    def is_at_rest(self) -> bool:
        return not self.state.velocity.any() and not self.state.step_velocity.any()

    def bounds(self) -> tuple[Array, Array]:
        """(lower, upper) of the next step velocity, (n,) rad/s, from acceleration and jerk."""
        limits, state = self._limits, self.state
        return _bounds(
            state.step_velocity, state.step_acceleration, limits.acceleration, limits.jerk,
            self._period,
        )  # fmt: skip

    def candidate(self, u: Array) -> Candidate:
        """The state after one step at velocity `u` (n,) rad/s, and the ramp from there."""
        state, dt, accel = self.state, self._period, self._limits.acceleration
        position, velocity, a = _step(
            state.position, state.velocity, state.step_velocity, u, accel, dt
        )
        ramp = Ramp(position, velocity, a, accel, self._jerk)
        return Candidate(position, u, a, velocity, ramp, 0.0, dt)

    def stop(self) -> Candidate:
        """The next state on the certified ramp."""
        state, dt = self.state, self._period
        elapsed = state.elapsed + dt
        if elapsed >= state.ramp.duration:
            position, velocity = state.ramp.end, np.zeros_like(state.velocity)
        else:
            positions, velocities = state.ramp.sample(np.array([elapsed]))
            position, velocity = positions[0], velocities[0]
        u = (position - state.position) / dt
        u[np.abs(u) < 1e-9] = 0.0
        a = (u - state.step_velocity) / dt
        return Candidate(position, u, a, velocity, state.ramp, elapsed, dt)

    def accept(self, candidate: Candidate) -> None:
        """Advance to a certified candidate. A joint outside its range may return but not go out
        again."""
        self.state = candidate
        end, (low, high) = candidate.ramp.end, self.joint_range
        self.joint_range = (
            np.minimum(self._low, np.maximum(low, end)),
            np.maximum(self._high, np.minimum(high, end)),
        )


@compiled(NUMBER, NUMBER, VECTOR, NUMBER, COUNT)
def _sample_times(
    begin: float, duration: float, shares: Array, step: float, count: int
) -> tuple[Array, Array]:
    """`count` times (k,) a `step` apart, and times on the ramp, s: at `shares` of `duration`, then
    at those times."""
    times: Array = step * np.arange(1.0, count + 1.0)
    return times, begin + np.concatenate((duration * shares, times))


@compiled(VECTOR, VECTOR, VECTOR, VECTOR, NUMBER)
def _bounds(u: Array, a: Array, accel: Array, jerk: Array, dt: float) -> tuple[Array, Array]:
    last = np.minimum(np.maximum(a, -accel), accel)
    low = u + np.maximum(last - jerk * dt, -accel) * dt
    return low, u + np.minimum(last + jerk * dt, accel) * dt


@compiled(VECTOR, VECTOR, VECTOR, VECTOR, VECTOR, NUMBER)
def _step(
    q: Array, v: Array, before: Array, u: Array, accel: Array, dt: float
) -> tuple[Array, Array, Array]:
    """Position, velocity and acceleration after a step at velocity `u` that follows a step at
    `before`."""
    a = np.minimum(np.maximum((u - before) / dt, -accel), accel)
    v = np.minimum(np.maximum(u + 0.5 * dt * a, v - accel * dt), v + accel * dt)
    return q + u * dt, v, a


@compiled(NUMBER, VECTOR, VECTOR, VECTOR, MATRIX, MATRIX)
def with_stop(
    lead: float, q: Array, v: Array, times: Array, path: Array, speeds: Array
) -> tuple[Array, Array, Array]:
    """Times, positions and velocities of a state `lead` s from now and of the stop after it."""
    k, n = path.shape
    when, where, fast = np.empty(k + 1), np.empty((k + 1, n)), np.zeros((k + 1, n))
    when[0], where[0], fast[0] = lead, q, v
    when[1:], where[1:], fast[1:-1] = lead + times, path, speeds[:-1]
    return when, where, fast
