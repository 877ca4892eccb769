"""Jerk-limited moves: joint motion to a configuration, and a straight lift of the tool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from ruckig import InputParameter, Result, Ruckig, RuckigError, Trajectory

from vla_core.frozen import Array
from vla_core.robot.limits import JointLimits
from vla_core.robot.model import RobotModel

SAMPLES = 60  # of a trajectory, to find its fastest tool speed
LIFT_TIME = 0.3  # s, in which a lift reaches its acceleration, and that its speed


class MoveError(Exception):
    """No trajectory exists."""


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
    """From a joint state (q, v, a) to rest at `goal`, all joints synchronised, within velocity,
    acceleration and jerk; time-scaled where the tool would exceed its speed cap.
    """

    is_pose = False

    def __init__(
        self,
        start: tuple[Array, Array, Array],
        goal: Array,
        model: RobotModel,
        limits: JointLimitShare,
    ) -> None:
        self._trajectory = plan(start, np.array(goal), limits)
        fastest = max_tool_speed(self._trajectory, model)
        self._rate = min(1.0, limits.tcp_speed / max(fastest, 1e-9))
        self.duration = float(self._trajectory.duration) / self._rate

    def at(self, time: float) -> Array:
        """Return the joint positions (n,) rad."""
        scaled = min(max(time, 0.0), self.duration) * self._rate
        return np.array(self._trajectory.at_time(scaled)[0])


def plan(start: tuple[Array, Array, Array], goal: Array, limits: JointLimitShare) -> Trajectory:
    """Return the trajectory from (q, v, a) to rest at `goal`; MoveError when there is none."""
    n = len(goal)
    problem, trajectory = InputParameter(n), Trajectory(n)
    problem.current_position, problem.current_velocity, problem.current_acceleration = start
    problem.target_position = goal
    problem.max_velocity = limits.share * limits.limits.velocity
    problem.max_acceleration = limits.share * limits.limits.acceleration
    problem.max_jerk = limits.share * limits.limits.jerk
    return solved(Ruckig(n), problem, trajectory)


def solved(otg: Ruckig, problem: InputParameter, trajectory: Trajectory) -> Trajectory:
    """Return the trajectory, calculated; MoveError when ruckig finds none."""
    try:
        result = otg.calculate(problem, trajectory)
    except RuckigError as error:
        text = ' '.join(str(error).split())
        raise MoveError(f'no jerk-limited trajectory: {text}') from error
    if result not in (Result.Working, Result.Finished):
        raise MoveError(f'no jerk-limited trajectory: {result.name}')
    return trajectory


def max_tool_speed(trajectory: Trajectory, model: RobotModel) -> float:
    """Return the highest tool speed of a joint trajectory, m/s."""
    times = np.linspace(0.0, trajectory.duration, SAMPLES)
    states = [trajectory.at_time(t) for t in times]
    return float(max(np.linalg.norm(model.jacobian(np.array(q))[:3] @ v) for q, v, _ in states))


class LiftMove:
    """Straight up along base z from a pose, jerk-limited; a negative height lowers."""

    is_pose = True

    def __init__(self, base_from_tcp: Array, height: float, speed: float) -> None:
        self._start = np.array(base_from_tcp)  # (4, 4) m
        problem, self._trajectory = InputParameter(1), Trajectory(1)  # position: m above the start
        problem.current_position, problem.target_position = [0.0], [height]
        problem.max_velocity, problem.max_acceleration = [speed], [speed / LIFT_TIME]
        problem.max_jerk = [speed / LIFT_TIME**2]
        solved(Ruckig(1), problem, self._trajectory)
        self.duration = float(self._trajectory.duration)

    def at(self, time: float) -> Array:
        """Return the pose (4, 4) m, base frame."""
        pose = self._start.copy()
        pose[2, 3] += self._trajectory.at_time(min(max(time, 0.0), self.duration))[0][0]
        return pose
