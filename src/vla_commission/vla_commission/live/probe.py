"""Observation of the live graph for a few seconds: what is there, without judgement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rcl_interfaces.msg import ParameterType
from rcl_interfaces.srv import GetParameters
from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import Image, JointState
from std_msgs.msg import Bool, Float64, String

from vla_bringup.graph.client import GraphClient
from vla_commission.checks import edges
from vla_commission.checks.description import DESCRIPTION
from vla_commission.collector import Collector, stamp_of_bytes
from vla_commission.facts import Endpoint, Facts
from vla_core.robot.config import RobotConfig
from vla_core.robot.controller_parameters import requests_for
from vla_core.robot.ros_names import ACTION_STATUS
from vla_ros import topics
from vla_ros.endpoints import (
    PolledCallbackGroup,
    PolledSubscription,
    full_name,
    take_all,
)

DISCOVERY = 2.0  # s, until the graph is known
ANSWER = 2.0  # s, for a parameter service
ANY = QoSProfile(depth=100, reliability=QoSReliabilityPolicy.BEST_EFFORT)  # fits every publisher
LATCHED = QoSProfile(
    depth=1, reliability=QoSReliabilityPolicy.RELIABLE,
    durability=QoSDurabilityPolicy.TRANSIENT_LOCAL,
)  # fmt: skip
FIELDS = {
    ParameterType.PARAMETER_BOOL: 'bool_value',
    ParameterType.PARAMETER_INTEGER: 'integer_value',
    ParameterType.PARAMETER_DOUBLE: 'double_value',
    ParameterType.PARAMETER_STRING: 'string_value',
    ParameterType.PARAMETER_STRING_ARRAY: 'string_array_value',
}


def observe(
    client: GraphClient, robot: RobotConfig, seconds: float, own: tuple[str, ...]
) -> Facts:
    """Facts of the robot's graph after `seconds` s; `robot` has full names; `own`: nodes that
    commissioning started."""
    own = (*own, client.node.get_fully_qualified_name())
    facts = Facts(own, seconds, namespace=client.node.get_namespace())
    _Listener(client, robot, Collector(facts)).run(seconds)
    _read_graph(client, robot, facts)
    for node, arm in zip(edges.controller_nodes(robot), robot.arms, strict=True):
        facts.parameters[node] = parameters_of(client, node, arm.joint_names)
    return facts


class _Listener:
    """Subscriptions for the time of the observation. They are polled, and the time of arrival is
    that of DDS: a busy machine does not make a message look late."""

    def __init__(self, client: GraphClient, robot: RobotConfig, collector: Collector) -> None:
        self._client, self._collector = client, collector
        self._raw: dict[str, bytes] = {}  # newest image by topic
        self._polled: list[PolledSubscription] = []
        self._group = PolledCallbackGroup()
        self._arrival = 0.0  # s, ROS time, of the message that is being taken
        for edge in edges.inputs_of(robot):
            self._listen(edge.name, edge.topic.type)
        for camera in robot.cameras:
            info = topics.camera(camera)[2]
            self._listen(info.name, info.type, LATCHED)
        for name in edges.scaling_topics(robot):
            self._listen(name, Float64)
        self._description = collector.facts.full(DESCRIPTION)
        self._listen(collector.facts.full(topics.E_STOP.name), Bool)
        self._listen(self._description, String, LATCHED)

    def run(self, seconds: float) -> None:
        """Discover, then listen; the observation begins when the graph is known."""
        self._client.wait(self._drain, DISCOVERY)
        kept = {self._description, *(name for name in self._latched())}
        streams = self._collector.facts.streams
        for name in [name for name in streams if name not in kept]:
            del streams[name]
        self._collector.facts.joints.clear()
        self._client.wait(self._drain, seconds)
        for polled in self._polled:
            self._client.node.destroy_subscription(polled.subscription)
        for name, data in self._raw.items():
            if name in streams:
                streams[name].last = deserialize_message(data, Image)

    def _latched(self) -> list[str]:
        """Topics that are published once."""
        return [
            p.subscription.topic_name
            for p in self._polled
            if p.subscription.qos_profile.durability == LATCHED.durability
        ]

    def _drain(self) -> bool:
        take_all(self._polled, self._note)
        return False

    def _note(self, info: dict[str, Any]) -> None:
        self._arrival = info['received_timestamp'] * 1e-9

    def _listen(self, name: str, kind: type, qos: QoSProfile = ANY) -> None:
        receive = self._receiver(name, kind)
        subscription = self._client.node.create_subscription(
            kind, name, receive, qos, callback_group=self._group, raw=kind is Image,
            event_callbacks=SubscriptionEventCallbacks(use_default_callbacks=False),
        )  # fmt: skip
        self._polled.append(PolledSubscription(subscription, receive))

    def _receiver(self, name: str, kind: type) -> Callable[[Any], None]:
        collector = self._collector

        def on_image(data: bytes) -> None:
            self._raw[name] = data
            collector.put(name, None, self._arrival, stamp_of_bytes(data))

        def on_joints(message: Any) -> None:
            collector.put_joints(name, message, self._arrival)

        def on_message(message: Any) -> None:
            collector.put(name, message, self._arrival)

        return {Image: on_image, JointState: on_joints}.get(kind, on_message)


def _read_graph(client: GraphClient, robot: RobotConfig, facts: Facts) -> None:
    """Topics with their ends, nodes, and clients of the actions of the controllers."""
    node = client.node
    facts.topics = {name: tuple(kinds) for name, kinds in node.get_topic_names_and_types()}
    facts.nodes = tuple(
        f'{namespace.rstrip("/")}/{name}'
        for name, namespace in node.get_node_names_and_namespaces()
    )
    names = {*facts.topics, *(edges.listener_topic(g)[0] for g in robot.grippers)}
    for name in names:
        facts.publishers[name] = _ends(node.get_publishers_info_by_topic(name))
        facts.subscribers[name] = _ends(node.get_subscriptions_info_by_topic(name))
    for action in edges.controller_actions(robot):
        status = node.get_subscriptions_info_by_topic(f'{action}{ACTION_STATUS}')
        facts.action_clients[action] = tuple(sorted({full_name(peer) for peer in status}))


def _ends(found: list[Any]) -> tuple[Endpoint, ...]:
    return tuple(Endpoint(full_name(p), p.topic_type, p.qos_profile) for p in found)


def parameters_of(
    client: GraphClient, node: str, joints: tuple[str, ...]
) -> Mapping[str, Any] | None:
    """Parameters of a controller of `joints`; None when it has no parameter service, or does not
    answer."""
    name = f'{node}/get_parameters'
    request = client.node.create_client(GetParameters, name)
    try:
        if not client.wait(request.service_is_ready, ANSWER):
            return None
        asked = {
            names: request.call_async(GetParameters.Request(names=list(names)))
            for names in requests_for(joints)
        }
        if not client.wait(lambda: all(future.done() for future in asked.values()), ANSWER):
            return None
        answers = {names: future.result().values for names, future in asked.items()}
    finally:
        client.node.destroy_client(request)
    return {
        name: _plain(getattr(value, FIELDS[value.type]))
        for names, values in answers.items()
        for name, value in zip(names, values, strict=False)
        if value.type in FIELDS
    }


def _plain(value: Any) -> Any:
    return list(value) if not isinstance(value, (bool, int, float, str)) else value
