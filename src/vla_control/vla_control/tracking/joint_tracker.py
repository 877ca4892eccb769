"""Follows a moving joint reference within limits of velocity, acceleration and jerk.

Every cycle ruckig finds the fastest way from the commanded state onto the reference, seen from a
frame that moves with the reference; one period of it is executed. So there is no lag behind a
feasible reference, no overshoot after an infeasible one, and whatever jumps in the reference, the
command is continuous in position, velocity and acceleration.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ruckig import ControlInterface, InputParameter, Result, Ruckig, Synchronization, Trajectory

from vla_core.frozen import Array
from vla_core.robot.limits import JointLimits

FLOOR = 0.05  # of a limit: what is left to the tracker when the reference itself uses the limit up


@dataclass(frozen=True)
class LimitShares:
    """How much of the joint limits the command may use; the rest is the shield's margin."""

    velocity: float = 0.95
    acceleration: float = 0.9
    jerk: float = 0.9
    catch_up: float = 0.5  # rad/s, fastest approach to the reference
    margin: float = 0.02  # rad, kept from the position limits


class JointTracker:
    """The commanded joint state: q (n,) rad, v rad/s, a rad/s^2. `follow` and `brake` move it on
    by one period.
    """

    def __init__(self, limits: JointLimits, shares: LimitShares) -> None:
        n = len(limits.names)
        self.q, self.v, self.a = np.zeros(n), np.zeros(n), np.zeros(n)
        self.velocity = shares.velocity * limits.velocity
        self.acceleration = shares.acceleration * limits.acceleration
        self.jerk = shares.jerk * limits.jerk
        self.catch_up = shares.catch_up
        self.lower, self.upper = limits.lower + shares.margin, limits.upper - shares.margin
        self._low, self._high = self.lower, self.upper  # (n,) rad, until the next `tie`
        self._otg, self._way = Ruckig(n), Trajectory(n)
        self._onto = self._problem(ControlInterface.Position)
        self._stop = self._problem(ControlInterface.Velocity)

    def reset(self, q: Array) -> None:
        """Stand at q; for when nothing is being executed."""
        self.q, self.v, self.a = np.array(q), np.zeros_like(q), np.zeros_like(q)

    def tie(self, q: Array, reach: Array) -> None:
        """From now on stay within `reach` (n,) rad of q, as far as the arm can be followed."""
        self._low = np.maximum(self.lower, q - reach)
        self._high = np.minimum(self.upper, q + reach)

    @property
    def is_still(self) -> bool:
        return bool(np.all(np.abs(self.v) <= 1e-6) and np.all(np.abs(self.a) <= 1e-6))

    def follow(self, error: Array, forward: Array, dt: float) -> None:
        """Move on towards a reference `error` rad away that moves with `forward` rad/s."""
        error, forward = self._allowed(error, forward)
        problem = self._onto
        problem.current_position = -error
        problem.current_velocity = self.v - forward
        problem.current_acceleration = self.a
        room_up = np.maximum(self.velocity - forward, FLOOR * self.velocity)
        room_down = np.maximum(self.velocity + forward, FLOOR * self.velocity)
        problem.max_velocity = np.minimum(room_up, self.catch_up)
        problem.min_velocity = -np.minimum(room_down, self.catch_up)
        if not self._solve(problem):
            self.brake(dt)
            return
        ahead, faster, self.a = (np.array(part) for part in self._way.at_time(dt))
        self.q = self.q + error + ahead + forward * dt
        self.v = forward + faster

    def brake(self, dt: float) -> None:
        """Move on towards rest, as fast as the limits allow, wherever that is."""
        if not (self.v.any() or self.a.any()):
            return
        problem = self._stop
        problem.current_position, problem.current_velocity, problem.current_acceleration = (
            self.q,
            self.v,
            self.a,
        )
        if not self._solve(problem):
            raise RuntimeError(f'no way to rest from v={self.v}, a={self.a}')
        self.q, self.v, self.a = (np.array(part) for part in self._way.at_time(dt))

    def _allowed(self, error: Array, forward: Array) -> tuple[Array, Array]:
        """The reference within what can be followed; it stands still where it would run into a
        position limit.
        """
        forward = np.clip(forward, -self.velocity, self.velocity)
        aim = self.q + error
        speed = np.abs(forward)
        stopping = 0.5 * speed * (speed / self.acceleration + self.acceleration / self.jerk)
        end = aim + np.sign(forward) * stopping
        blocked = ~((self._low <= end) & (end <= self._high))
        error = np.clip(aim, self._low, self._high) - self.q
        return error, np.where(blocked, 0.0, forward)

    def _solve(self, problem: InputParameter) -> bool:
        result = self._otg.calculate(problem, self._way)
        return result in (Result.Working, Result.Finished)

    def _problem(self, kind: ControlInterface) -> InputParameter:
        n = len(self.q)
        problem = InputParameter(n)
        problem.control_interface = kind
        problem.synchronization = Synchronization.No
        problem.target_position = problem.target_velocity = problem.target_acceleration = [0.0] * n
        problem.max_velocity = self.velocity
        problem.max_acceleration = self.acceleration
        problem.max_jerk = self.jerk
        return problem
