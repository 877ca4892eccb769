"""Planned moves: jerk-limited joint motion to a configuration, and a straight lift of the tool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from ruckig import InputParameter, Result, Ruckig, Trajectory

from vla_core.frozen import Array
from vla_core.limits import JointLimits
from vla_core.robot_model import RobotModel

SAMPLES = 24  # of a plan, to find its fastest tool speed
LIFT_TIME = 0.3  # s, in which a lift reaches its acceleration, and that its speed


class MoveError(Exception):
    """No plan can be made."""


class Move(Protocol):
    """A reference over its own time, from 0 to `duration` s."""

    is_pose: bool
    duration: float

    def at(self, time: float) -> Array: ...


@dataclass(frozen=True)
class JointLimitShare:
    """Limits of a planned move: a share of the joint limits, and a cap on the tool's speed."""

    limits: JointLimits
    share: float
    tcp_speed: float  # m/s


class JointMove:
    """Time-optimal within velocity, acceleration and jerk, from a joint state to rest at `goal`;
    all joints arrive together.
    """

    is_pose = False

    def __init__(
        self,
        start: tuple[Array, Array, Array],
        goal: Array,
        model: RobotModel,
        limits: JointLimitShare,
    ) -> None:
        self.goal = np.array(goal)  # (n,) rad
        self.start = np.array(start[0])
        scale = 1.0
        for _ in range(3):
            self._way = plan(start, self.goal, limits, scale)
            fastest = self._tool_speed(model)
            if fastest <= limits.tcp_speed:
                break
            scale *= 0.98 * limits.tcp_speed / fastest
        self.duration = float(self._way.duration)

    def at(self, time: float) -> Array:
        """(n,) rad."""
        return np.array(self._way.at_time(min(max(time, 0.0), self.duration))[0])

    def _tool_speed(self, model: RobotModel) -> float:
        """m/s, the fastest the tool gets."""
        states = [self._way.at_time(t) for t in np.linspace(0.0, self._way.duration, SAMPLES)]
        speeds = [np.linalg.norm(model.jacobian(np.array(q))[:3] @ v) for q, v, _ in states]
        return float(np.max(speeds))


def plan(
    start: tuple[Array, Array, Array], goal: Array, limits: JointLimitShare, scale: float
) -> Trajectory:
    """Ruckig's trajectory from (q, v, a) to rest at `goal`; MoveError when there is none."""
    n = len(goal)
    problem, way = InputParameter(n), Trajectory(n)
    problem.current_position, problem.current_velocity, problem.current_acceleration = start
    problem.target_position = goal
    problem.max_velocity = limits.share * scale * limits.limits.velocity
    problem.max_acceleration = limits.share * limits.limits.acceleration
    problem.max_jerk = limits.share * limits.limits.jerk
    result = Ruckig(n).calculate(problem, way)
    if result not in (Result.Working, Result.Finished):
        raise MoveError(
            f'no jerk-limited move from {np.round(start[0], 3)} to {np.round(goal, 3)}: {result}'
        )
    return way


class LiftMove:
    """Straight up along base z from a pose, jerk-limited."""

    is_pose = True

    def __init__(self, base_from_tcp: Array, height: float, speed: float) -> None:
        self._start = np.array(base_from_tcp)  # (4, 4) m
        problem, self._way = InputParameter(1), Trajectory(1)
        problem.current_position, problem.target_position = [0.0], [height]
        problem.max_velocity, problem.max_acceleration = [speed], [speed / LIFT_TIME]
        problem.max_jerk = [speed / LIFT_TIME**2]
        result = Ruckig(1).calculate(problem, self._way)
        if result not in (Result.Working, Result.Finished):
            raise MoveError(f'no lift by {height} m at {speed} m/s: {result}')
        self.duration = float(self._way.duration)

    def at(self, time: float) -> Array:
        """(4, 4) m, base_link."""
        goal = self._start.copy()
        goal[2, 3] += self._way.at_time(min(max(time, 0.0), self.duration))[0][0]
        return goal
