"""The command interface of a gripper in a robot file: usual names, and names that do not fit."""

from __future__ import annotations

from collections.abc import Iterator

from vla_core.errors import UserError
from vla_core.robot.gripper import ACTIONS, COMMANDS, DEFAULT_TOPICS, GripperConfig

ENDS = {  # last part of a usual name: what it is
    'joint_trajectory': ('joint_trajectory',),
    'commands': ('float64_multi_array',),
    'gripper_cmd': tuple(ACTIONS),
    'gripper_action': ('gripper_command',),  # Franka and xArm drivers
}


def command_of(command: str, topic: str) -> tuple[str, str]:
    """The interface and its topic or action, with defaults for what is ''."""
    command = command or 'joint_trajectory'
    if command not in COMMANDS:
        raise UserError(f'--command {command!r}: known: {", ".join(COMMANDS)}')
    return command, topic or DEFAULT_TOPICS[command]


def interface_problems(gripper: GripperConfig) -> Iterator[tuple[str, str]]:
    """What is wrong with command and command_topic, and what to change."""
    end = gripper.command_topic.rpartition('/')[2]
    expected = ENDS.get(end, (gripper.command,))
    if gripper.command not in expected:
        yield (
            f'gripper {gripper.name}: {gripper.command_topic} is usually '
            f'{" or ".join(expected)}, and command is {gripper.command}',
            f'set command: {expected[0]}, or command_topic: {DEFAULT_TOPICS[gripper.command]}',
        )
