"""Collision-free joint plans from MoveIt 2, where a full ROS installation has it.

An adapter for programs of your own: no node of this stack uses it. Home and retreat are planned by
`move`, within one cycle; MoveIt takes longer than control may wait.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from vla_core.errors import UserError
from vla_core.frozen import Array
from vla_core.robot.config import RobotConfig

MISSING = (
    'moveit_py is not installed: planning with MoveIt needs a ROS 2 Jazzy installation with '
    'ros-jazzy-moveit-py; home and retreat work without it'
)


@dataclass(frozen=True)
class MoveItPlan:
    """A timed joint path. Send it to control row by row; the shield still filters it."""

    time: Array  # (k,) s from the start
    position: Array  # (k, n) rad, in the robot's order
    velocity: Array  # (k, n) rad/s


class MoveItPlanner:
    """Plans with the MoveIt configuration of `robot`; UserError when MoveIt is not installed."""

    def __init__(self, robot: RobotConfig, group: str = 'arm', node: str = 'vla_moveit') -> None:
        try:
            planning = importlib.import_module('moveit.planning')
        except ImportError as error:
            raise UserError(MISSING) from error
        self._names = robot.joint_names
        self._moveit: Any = planning.MoveItPy(node_name=node)
        self._group = group
        self._component: Any = self._moveit.get_planning_component(group)

    def plan_to(self, q_goal: Array) -> MoveItPlan:
        """Return a plan from the current state to `q_goal` (n,) rad; UserError without one."""
        state = importlib.import_module('moveit.core.robot_state')
        goal = state.RobotState(self._moveit.get_robot_model())
        goal.joint_positions = dict(zip(self._names, map(float, q_goal), strict=True))
        self._component.set_start_state_to_current_state()
        self._component.set_goal_state(robot_state=goal)
        result = self._component.plan()
        if not result:
            raise UserError(f'MoveIt finds no plan to {np.round(q_goal, 3).tolist()}')
        message = result.trajectory.get_robot_trajectory_msg().joint_trajectory
        return plan_from_msg(message, self._names)


def plan_from_msg(message: Any, names: tuple[str, ...]) -> MoveItPlan:
    """Return the plan in a trajectory_msgs/JointTrajectory, joints in the order of `names`."""
    missing = [name for name in names if name not in message.joint_names]
    if missing:
        raise UserError(f'the plan lacks {missing}; it has {list(message.joint_names)}')
    order = [list(message.joint_names).index(name) for name in names]
    time = [p.time_from_start.sec + 1e-9 * p.time_from_start.nanosec for p in message.points]
    position = np.array([p.positions for p in message.points])[:, order]
    velocity = np.array([p.velocities for p in message.points])[:, order]
    return MoveItPlan(np.array(time), position, velocity)
