"""Follows a moving joint reference within limits of velocity, acceleration and jerk.

Every cycle ruckig computes the time-optimal trajectory from the commanded state onto the
reference, in a frame that moves with the reference; one period of it is executed. So there is no
lag behind a feasible reference and no overshoot after an infeasible one, and the command is
continuous in position, velocity and acceleration whatever jumps in the reference.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ruckig import ControlInterface, InputParameter, Result, Ruckig, Synchronization, Trajectory

from vla_core.frozen import Array
from vla_core.robot.limits import JointLimits

FLOOR = 0.05  # of a limit: what the tracker keeps when the reference itself uses up the limit


@dataclass(frozen=True)
class LimitShares:
    """Shares of the joint limits that the command may use; the rest is left to the shield."""

    velocity: float = 0.95
    acceleration: float = 0.9
    jerk: float = 0.9
    catch_up_speed: float = 0.5  # rad/s, fastest approach to the reference
    margin: float = 0.02  # rad, kept from the position limits


class JointTracker:
    """The commanded joint state: q (n,) rad, v rad/s, a rad/s^2. `follow` and `brake` advance it
    by one period.
    """

    def __init__(self, limits: JointLimits, shares: LimitShares) -> None:
        n = len(limits.names)
        self.q, self.v, self.a = np.zeros(n), np.zeros(n), np.zeros(n)
        self.velocity = shares.velocity * limits.velocity
        self.acceleration = shares.acceleration * limits.acceleration
        self.jerk = shares.jerk * limits.jerk
        self.catch_up_speed = shares.catch_up_speed
        self.lower, self.upper = limits.lower + shares.margin, limits.upper - shares.margin
        self._low, self._high = self.lower, self.upper  # (n,) rad, until the next `bound`
        self._otg, self._trajectory = Ruckig(n), Trajectory(n)
        self._follow = self._problem(ControlInterface.Position)
        self._stop = self._problem(ControlInterface.Velocity)

    def reset(self, q: Array) -> None:
        """Set the command to rest at q; only while nothing is executed."""
        self.q, self.v, self.a = np.array(q), np.zeros_like(q), np.zeros_like(q)

    def bound(self, q: Array, distance: Array) -> None:
        """Keep the command within `distance` (n,) rad of q from now on."""
        self._low = np.maximum(self.lower, q - distance)
        self._high = np.minimum(self.upper, q + distance)

    @property
    def is_still(self) -> bool:
        return bool(np.all(np.abs(self.v) <= 1e-6) and np.all(np.abs(self.a) <= 1e-6))

    def follow(self, error: Array, feedforward: Array, dt: float) -> None:
        """Advance towards a reference `error` rad away that moves with `feedforward` rad/s."""
        error, feedforward = self._feasible(error, feedforward)
        problem = self._follow
        problem.current_position = -error
        problem.current_velocity = self.v - feedforward
        problem.current_acceleration = self.a
        room_up = np.maximum(self.velocity - feedforward, FLOOR * self.velocity)
        room_down = np.maximum(self.velocity + feedforward, FLOOR * self.velocity)
        problem.max_velocity = np.minimum(room_up, self.catch_up_speed)
        problem.min_velocity = -np.minimum(room_down, self.catch_up_speed)
        if not self._solve(problem):
            self.brake(dt)
            return
        offset, speed, self.a = (np.array(part) for part in self._trajectory.at_time(dt))
        self.q = self.q + error + offset + feedforward * dt
        self.v = feedforward + speed

    def brake(self, dt: float) -> None:
        """Decelerate to rest as fast as the limits allow."""
        if not (self.v.any() or self.a.any()):
            return
        problem = self._stop
        problem.current_position, problem.current_velocity, problem.current_acceleration = (
            self.q,
            self.v,
            self.a,
        )
        if not self._solve(problem):
            raise RuntimeError(f'no trajectory to rest from v={self.v}, a={self.a}')
        self.q, self.v, self.a = (np.array(part) for part in self._trajectory.at_time(dt))

    def _feasible(self, error: Array, feedforward: Array) -> tuple[Array, Array]:
        """Return the reference clipped to what can be followed; its velocity is zero where it
        would run into a position limit.
        """
        feedforward = np.clip(feedforward, -self.velocity, self.velocity)
        goal = self.q + error
        speed = np.abs(feedforward)
        stopping = 0.5 * speed * (speed / self.acceleration + self.acceleration / self.jerk)
        end = goal + np.sign(feedforward) * stopping
        blocked = ~((self._low <= end) & (end <= self._high))
        error = np.clip(goal, self._low, self._high) - self.q
        return error, np.where(blocked, 0.0, feedforward)

    def _solve(self, problem: InputParameter) -> bool:
        result = self._otg.calculate(problem, self._trajectory)
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
