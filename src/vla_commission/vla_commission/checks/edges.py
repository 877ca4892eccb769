"""The topics at the edge of a robot: which of them its driver must publish or read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vla_core.robot.config import RobotConfig
from vla_core.robot.gripper import GripperConfig
from vla_core.robot.ros_names import ACTION_FEEDBACK, ACTION_STATUS
from vla_ros import topics
from vla_ros.camera.missing_topic import kind_of
from vla_ros.topics import Topic


@dataclass(frozen=True)
class Edge:
    """One topic at the edge; `key` is where the robot file has its name."""

    topic: Topic
    key: str
    purpose: str  # e.g. 'joint states'

    @property
    def name(self) -> str:
        return self.topic.name

    @property
    def type(self) -> str:
        return kind_of(self.topic)


def inputs_of(robot: RobotConfig) -> Iterator[Edge]:
    """Topics that the drivers publish."""
    yield Edge(topics.joint_states(robot), 'joint_states_topic', 'joint states')
    for arm in robot.arms:
        if arm.wrench_topic:
            key = f'arms: {arm.name}: wrench_topic'
            yield Edge(topics.WRENCH.at(arm.wrench_topic), key, f'wrench of {arm.name}')
    for camera in robot.cameras:
        colour, depth, info = topics.camera(camera)
        where = f'cameras: {camera.name}'
        yield Edge(colour, f'{where}: colour_topic', f'colour of {camera.name}')
        yield Edge(depth, f'{where}: depth_topic', f'depth of {camera.name}')
        if camera.needs_info:
            yield Edge(info, f'{where}: info_topic', f'camera info of {camera.name}')


def outputs_of(robot: RobotConfig) -> Iterator[Edge]:
    """Topics that the shield publishes and the controllers read."""
    for arm in robot.arms:
        key = f'arms: {arm.name}: command_topic'
        yield Edge(topics.ARM_COMMAND.at(arm.command_topic), key, f'commands of {arm.name}')
    for gripper, topic in zip(robot.grippers, topics.gripper_commands(robot), strict=True):
        if not gripper.is_action:
            key = f'grippers: {gripper.name}: command_topic'
            yield Edge(topic, key, f'commands of {gripper.name}')


def listener_topic(gripper: GripperConfig) -> tuple[str, str]:
    """Topic that shows whether a driver of the gripper exists, and its type."""
    if gripper.is_action:
        kind = f'{gripper.command_type}_FeedbackMessage'
        return f'{gripper.command_topic}{ACTION_FEEDBACK}', kind
    return gripper.command_topic, gripper.command_type


def scaling_topics(robot: RobotConfig) -> tuple[str, ...]:
    """Topics of speed scaling, without duplicates."""
    names = (arm.controller.scaling_topic for arm in robot.arms)
    return tuple(dict.fromkeys(filter(None, names)))


def controller_nodes(robot: RobotConfig) -> tuple[str, ...]:
    """Full names of the controllers of the arms."""
    return tuple(arm.controller.node_of(arm.command_topic) for arm in robot.arms)


def controller_actions(robot: RobotConfig) -> tuple[str, ...]:
    """Actions by which others could command the arms and the grippers."""
    arms = (topic.name.removesuffix(ACTION_STATUS) for topic in topics.goals(robot))
    grippers = (gripper.command_topic for gripper in robot.grippers if gripper.is_action)
    return (*arms, *grippers)
