"""The shield's outputs to all grippers, each through the interface that its robot file names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from std_msgs.msg import Float64, Float64MultiArray

from vla_core.records.action import GripperGoal, Trajectory
from vla_core.robot.gripper import GripperConfig
from vla_ros.gripper.command_pacing import CommandPacing
from vla_ros.gripper.goal_client import GripperGoalClient
from vla_ros.node import ManagedNode
from vla_ros.topics import Topic


def float_message(gripper: GripperConfig, position: float) -> Any:
    """The message that commands a joint position (rad or m)."""
    is_joint = gripper.command_position == 'joint'
    value = position if is_joint else gripper.opening(position)
    if gripper.command == 'float64':
        return Float64(data=value)
    return Float64MultiArray(data=[value])


class GripperTopic:
    """A gripper that follows a stream of positions."""

    def __init__(self, node: ManagedNode, gripper: GripperConfig, topic: Topic) -> None:
        self._gripper, self._pacing = gripper, CommandPacing()
        self._publish = node.advertise(topic)
        self.name = node.resolve_topic_name(topic.name)
        self._readers: Callable[[], int] = lambda: node.count_subscribers(self.name)
        self.problem = ''

    def absence(self) -> str:
        """Why nobody receives the commands, or ''. A joint_trajectory_controller is checked by
        its parameters and by `./vla commission`."""
        if self._gripper.command == 'joint_trajectory' or self._readers():
            return ''
        return (
            f'{self._gripper.name}: nobody subscribes to {self.name} '
            f'({self._gripper.command_type}): is the controller active?'
        )

    def clear(self) -> None:
        """Nothing is commanded."""

    def send(self, command: Trajectory) -> None:
        """Once per cycle: publish the command when it is due."""
        if not self._pacing.is_due(command):
            return
        self.problem = self.absence()
        if self._gripper.command == 'joint_trajectory':
            self._publish(command)
        else:
            self._publish(float_message(self._gripper, float(command.position[-1, 0])))


class GripperOutputs:
    """One output per gripper, in the order of the robot file."""

    def __init__(
        self, node: ManagedNode, grippers: Sequence[GripperConfig], commands: Sequence[Topic]
    ) -> None:
        self.outputs: list[GripperTopic | GripperGoalClient] = [
            GripperGoalClient(node, gripper)
            if gripper.is_action
            else GripperTopic(node, gripper, topic)
            for gripper, topic in zip(grippers, commands, strict=True)
        ]

    @property
    def topics(self) -> list[str]:
        """Full names of the topics that are published; a rival can be seen there."""
        return [output.name for output in self.outputs if isinstance(output, GripperTopic)]

    @property
    def problem(self) -> str:
        """Why a gripper does not do what is commanded, or ''."""
        return next((output.problem for output in self.outputs if output.problem), '')

    def absence(self) -> str:
        """Why a gripper cannot be commanded, or ''."""
        return next(filter(None, (output.absence() for output in self.outputs)), '')

    def send(
        self, commands: Sequence[Trajectory], goals: Sequence[GripperGoal], now: float
    ) -> None:
        """Once per cycle, `now` in s of the steady clock; no commands: disarmed."""
        if not commands:
            for output in self.outputs:
                output.clear()
        for output, command, goal in zip(self.outputs, commands, goals, strict=False):
            if isinstance(output, GripperTopic):
                output.send(command)
            else:
                output.send(goal, now)
