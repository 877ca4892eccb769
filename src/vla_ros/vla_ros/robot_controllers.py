"""Parameters, speed scaling and goals of the controllers of the arms, which the shield reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from action_msgs.msg import GoalStatus, GoalStatusArray
from std_msgs.msg import Float64

from vla_core.robot.config import RobotConfig
from vla_core.robot.controller_parameters import expected, requests_for
from vla_ros.node import ManagedNode
from vla_ros.remote_parameters import RemoteParameters, offer_parameters
from vla_ros.topics import Topic

ACTIVE = (GoalStatus.STATUS_ACCEPTED, GoalStatus.STATUS_EXECUTING, GoalStatus.STATUS_CANCELING)


def parameter_readers(node: ManagedNode, robot: RobotConfig) -> list[RemoteParameters]:
    """One per arm, in the order of the robot file."""
    names = [node.resolve_topic_name(arm.command_topic) for arm in robot.arms]
    return [
        RemoteParameters(node, arm.controller.node_of(name), requests_for(arm.joint_names))
        for arm, name in zip(robot.arms, names, strict=True)
    ]


def offer_controllers(node: ManagedNode, robot: RobotConfig) -> None:
    """Offer the parameters that controllers of the arms would have, as the simulator does."""
    for arm in robot.arms:
        owner = arm.controller.node_of(node.resolve_topic_name(arm.command_topic))
        offer_parameters(node, owner, expected(arm.controller, arm.joint_names))


def subscribe_scalings(
    node: ManagedNode, scalings: Sequence[Topic], put: Callable[[int, float], None]
) -> None:
    """Call `put` with the number of the arm and the value of each message on its topic; a topic
    without a name is that of an arm that is not scaled."""

    def receive(arm: int, message: Float64) -> None:
        put(arm, message.data)

    for arm, topic in enumerate(scalings):
        if topic.name:
            node.subscribe(topic, partial(receive, arm))


def subscribe_goals(
    node: ManagedNode, goals: Sequence[Topic], put: Callable[[str, bool], None]
) -> None:
    """Call `put` with the topic and whether a goal is active, when a state of a goal changes."""

    def receive(name: str, message: GoalStatusArray) -> None:
        put(name, any(status.status in ACTIVE for status in message.status_list))

    for topic in goals:
        name = node.resolve_topic_name(topic.name)
        node.subscribe(topic, partial(receive, name), by_executor=True)
