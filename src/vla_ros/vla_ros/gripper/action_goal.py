"""Goals and results of the two gripper actions of control_msgs."""

from __future__ import annotations

import math
from typing import Any

from vla_core.errors import UserError
from vla_core.robot.gripper import TOPICS, GripperConfig


def action_type(gripper: GripperConfig) -> Any:
    """The action's class; imported late, because a machine may lack control_msgs."""
    try:
        from control_msgs.action import GripperCommand, ParallelGripperCommand
    except ImportError as error:
        raise UserError(
            f'gripper {gripper.name}: command {gripper.command} needs the ROS package '
            'control_msgs, which is not installed (apt install ros-jazzy-control-msgs, or any '
            f'./vla command builds it); without it: {", ".join(TOPICS)}'
        ) from error
    kinds = {
        'gripper_command': GripperCommand, 'parallel_gripper_command': ParallelGripperCommand,
    }  # fmt: skip
    return kinds[gripper.command]


def goal_of(gripper: GripperConfig, opening: float) -> Any:
    """The goal for an opening in m, with the force and the speed of the robot file."""
    goal, position = action_type(gripper).Goal(), gripper.commanded_position(opening)
    if gripper.command == 'gripper_command':
        goal.command.position, goal.command.max_effort = position, gripper.force
        return goal
    is_joint = gripper.command_position == 'joint'
    goal.command.name, goal.command.position = [gripper.joint], [position]
    goal.command.velocity = [gripper.speed / gripper.opening_rate if is_joint else gripper.speed]
    goal.command.effort = [gripper.force]
    return goal


def position_of(gripper: GripperConfig, goal: Any) -> tuple[float, str]:
    """The joint position (rad or m) that a goal asks for; and why it is rejected, or ''."""
    if gripper.command == 'gripper_command':
        position = goal.command.position
    elif len(goal.command.position) != 1:
        return math.nan, f'{len(goal.command.position)} positions, expected 1'
    else:
        position = goal.command.position[0]
    if not math.isfinite(position):  # the stock controllers do not check it
        return math.nan, 'the position is not finite'
    is_joint = gripper.command_position == 'joint'
    return (position if is_joint else gripper.joint_position(position)), ''


def result_of(gripper: GripperConfig, position: float, *, stalled: bool, reached: bool) -> Any:
    """The result at a joint position (rad or m)."""
    result = action_type(gripper).Result(stalled=stalled, reached_goal=reached)
    is_joint = gripper.command_position == 'joint'
    value = position if is_joint else gripper.opening(position)
    if gripper.command == 'gripper_command':
        result.position = value
    else:
        result.state.name, result.state.position = [gripper.joint], [value]
    return result
