"""Planned moves: jerk-limited joint motion to a configuration, and a straight lift of the tool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from ruckig import InputParameter, Result, Ruckig, RuckigError, Trajectory

from vla_core.frozen import Array
from vla_core.robot.limits import JointLimits
from vla_core.robot.model import RobotModel

SAMPLES = 60  # of a plan, to find its fastest tool speed
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
    """From a joint state (q, v, a) to rest at `goal`, all joints together, within velocity,
    acceleration and jerk; played slower where the tool would be too fast.
    """

    is_pose = False

    def __init__(
        self,
        start: tuple[Array, Array, Array],
        goal: Array,
        model: RobotModel,
        limits: JointLimitShare,
    ) -> None:
        self._way = plan(start, np.array(goal), limits)
        self._rate = min(1.0, limits.tcp_speed / max(tool_speed(self._way, model), 1e-9))
        self.duration = float(self._way.duration) / self._rate

    def at(self, time: float) -> Array:
        """(n,) rad."""
        way_time = min(max(time, 0.0), self.duration) * self._rate
        return np.array(self._way.at_time(way_time)[0])


def plan(start: tuple[Array, Array, Array], goal: Array, limits: JointLimitShare) -> Trajectory:
    """Ruckig's trajectory from (q, v, a) to rest at `goal`; MoveError when there is none."""
    n = len(goal)
    problem, way = InputParameter(n), Trajectory(n)
    problem.current_position, problem.current_velocity, problem.current_acceleration = start
    problem.target_position = goal
    problem.max_velocity = limits.share * limits.limits.velocity
    problem.max_acceleration = limits.share * limits.limits.acceleration
    problem.max_jerk = limits.share * limits.limits.jerk
    return solved(Ruckig(n), problem, way)


def solved(otg: Ruckig, problem: InputParameter, way: Trajectory) -> Trajectory:
    """The trajectory; MoveError when ruckig finds none."""
    try:
        result = otg.calculate(problem, way)
    except RuckigError as error:
        raise MoveError(f'no jerk-limited move: {" ".join(str(error).split())}') from error
    if result not in (Result.Working, Result.Finished):
        raise MoveError(f'no jerk-limited move: {result.name}')
    return way


def tool_speed(way: Trajectory, model: RobotModel) -> float:
    """m/s, the fastest the tool gets."""
    states = [way.at_time(t) for t in np.linspace(0.0, way.duration, SAMPLES)]
    return float(max(np.linalg.norm(model.jacobian(np.array(q))[:3] @ v) for q, v, _ in states))


class LiftMove:
    """Straight up along base z from a pose, jerk-limited."""

    is_pose = True

    def __init__(self, base_from_tcp: Array, height: float, speed: float) -> None:
        self._start = np.array(base_from_tcp)  # (4, 4) m
        problem, self._way = InputParameter(1), Trajectory(1)  # position: m above the start
        problem.current_position, problem.target_position = [0.0], [height]
        problem.max_velocity, problem.max_acceleration = [speed], [speed / LIFT_TIME]
        problem.max_jerk = [speed / LIFT_TIME**2]
        solved(Ruckig(1), problem, self._way)
        self.duration = float(self._way.duration)

    def at(self, time: float) -> Array:
        """(4, 4) m, base_link."""
        goal = self._start.copy()
        goal[2, 3] += self._way.at_time(min(max(time, 0.0), self.duration))[0][0]
        return goal
