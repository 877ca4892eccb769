"""The URDF that a running graph publishes."""

from __future__ import annotations

import time

import rclpy
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import String

from vla_bringup.graph.sessions import join_running_session
from vla_core.errors import UserError
from vla_ros.transport import choose_transport

TOPIC = 'robot_description'
TIMEOUT = 5.0  # s


def robot_description(
    topic: str = TOPIC, timeout: float = TIMEOUT, namespace: str | None = None
) -> str:
    """The text on the topic, as robot_state_publisher latches it; UserError without one."""
    namespace = join_running_session(namespace=namespace)
    choose_transport()
    rclpy.init()
    try:
        return _received(topic, timeout, namespace)
    finally:
        rclpy.try_shutdown()


def _received(topic: str, timeout: float, namespace: str) -> str:
    node = rclpy.create_node('robot_description_reader', namespace=namespace)
    found: list[str] = []
    qos = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    node.create_subscription(String, topic, lambda message: found.append(message.data), qos)
    end = time.monotonic() + timeout
    while not found:
        if time.monotonic() >= end:
            name = node.resolve_topic_name(topic)
            raise UserError(
                f'nothing on {name} within {timeout:g} s: is robot_state_publisher running in '
                f'this domain?'
            )
        rclpy.spin_once(node, timeout_sec=0.05)
    node.destroy_node()
    return found[0]
