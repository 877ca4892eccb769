"""The certified reference state, its braking ramp, and candidates for the next state."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import NamedTuple

import numpy as np

from vla_core.compiled import COUNT, NUMBER, VECTOR, compiled
from vla_core.frozen import Array
from vla_core.robot.limits import JointLimits
from vla_shield.command.ramp import Ramp
from vla_shield.params import ShieldParams

# of a stop, where path and speeds are checked; a joint that accelerates is fastest soon after 0
CHECKED = np.array([0.0, 0.04, 0.08, 0.15, 0.3, 0.5, 0.75, 1.0])
MAX_POINTS = 24  # of a stop in the command


class Stop(NamedTuple):
    """A stop, sampled once for the checks and for the command."""

    path: Array  # (8, n) rad, at CHECKED of the time to rest
    speeds: Array  # (8, n) rad/s
    times: Array  # (k,) s until rest, whole halves of the step
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
    def middle(self) -> tuple[Array, Array] | None:
        """Position and velocity, each (n,), half a step earlier, when the step is on the ramp."""
        if not self.elapsed > 0.0:
            return None
        positions, velocities = self.ramp.sample(np.array([self.elapsed - 0.5 * self.period]))
        return positions[0], velocities[0]

    @property
    def time_to_rest(self) -> float:
        """s until rest."""
        return max(self.ramp.duration - self.elapsed, 0.0)

    @cached_property
    def stop(self) -> Stop:
        """The rest of the ramp."""
        half = 0.5 * self.period
        steps = max(ceil(self.time_to_rest / half - 1e-9), 1)
        stride = -(-steps // MAX_POINTS)  # at most MAX_POINTS points, on whole halves
        step, count, few = stride * half, -(-steps // stride), len(CHECKED)
        times, when = _sample_times(self.elapsed, self.time_to_rest, CHECKED, step, count)
        path, speeds = self.ramp.sample(when)
        return Stop(path[:few], speeds[:few], times, path[few:], speeds[few:])


class Reference:
    """The certified state and its stop. `stop()` is always allowed: it follows the ramp that is
    already certified."""

    def __init__(self, limits: JointLimits, params: ShieldParams) -> None:
        self._limits = limits
        self._period = self.step = params.period  # s, of a cycle; to the next state
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
            state.step_velocity, state.step_acceleration, state.velocity, limits.acceleration,
            limits.jerk, self.step, state.period,
        )  # fmt: skip

    def candidate(self, u: Array) -> Candidate:
        """The state after one step at velocity `u` (n,) rad/s, and the ramp from there."""
        state, dt, accel = self.state, self.step, self._limits.acceleration
        position, velocity, a = _step(
            state.position, state.velocity, state.step_velocity, u, accel, dt, state.period
        )
        ramp = Ramp(position, velocity, a, accel, self._jerk)
        return Candidate(position, u, a, velocity, ramp, 0.0, dt)

    def stop(self) -> Candidate:
        """The next state on the certified ramp."""
        state, dt = self.state, self.step
        elapsed = state.elapsed + dt
        if elapsed >= state.ramp.duration:
            position, velocity = state.ramp.end, np.zeros_like(state.velocity)
        else:
            positions, velocities = state.ramp.sample(np.array([elapsed]))
            position, velocity = positions[0], velocities[0]
        u = (position - state.position) / dt
        u[np.abs(u) < 1e-9] = 0.0
        a = (u - state.step_velocity) / (0.5 * (dt + state.period))
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


@compiled(VECTOR, VECTOR, VECTOR, VECTOR, VECTOR, NUMBER, NUMBER)
def _bounds(
    u: Array, a: Array, v: Array, accel: Array, jerk: Array, dt: float, before: float
) -> tuple[Array, Array]:
    """Step velocities (n,) rad/s within acceleration and jerk, after a step of `before` s at mean
    velocity `u` and acceleration `a` that ended at velocity `v`.

    The controller joins two states by a cubic; its acceleration at the beginning of the step is
    (6 next - 4 v - 2 end) / dt, with the velocity `end` that `_step` gives.
    """
    last, gap = np.minimum(np.maximum(a, -accel), accel), 0.5 * (dt + before)
    low = u + np.maximum(last - jerk * gap, -accel) * gap
    high = u + np.minimum(last + jerk * gap, accel) * gap
    ratio = dt / gap
    first, width = (4.0 * v - ratio * u) / (4.0 - ratio), accel * dt / (4.0 - ratio)
    least, most = first - width, first + width
    return np.minimum(np.maximum(low, least), high), np.maximum(np.minimum(high, most), low)


@compiled(VECTOR, VECTOR, VECTOR, VECTOR, VECTOR, NUMBER, NUMBER)
def _step(
    q: Array, v: Array, before: Array, u: Array, accel: Array, dt: float, last: float
) -> tuple[Array, Array, Array]:
    """Position, velocity and acceleration after a step of `dt` s at velocity `u` that follows a
    step of `last` s at `before`."""
    a = np.minimum(np.maximum((u - before) / (0.5 * (dt + last)), -accel), accel)
    v = np.minimum(np.maximum(u + 0.5 * dt * a, v - accel * dt), v + accel * dt)
    return q + u * dt, v, a
