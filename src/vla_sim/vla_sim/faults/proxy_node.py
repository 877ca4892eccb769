"""Proxy between a publisher and a subscriber that corrupts messages; for tests of the graph.

It subscribes to a topic of the table and publishes TOPIC/spoilt, to which the subscriber is
remapped. Corruptions are set by the service proxy/inject or by a script of cues.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.serialization import serialize_message
from rclpy.timer import Timer

from vla_core.errors import UserError
from vla_core.params import check, param
from vla_core.robot.config import RobotConfig, load_robot
from vla_core.robot.topic_names import resolved
from vla_interfaces.srv import InjectFault
from vla_ros import params, topics
from vla_ros.main import run
from vla_sim.faults.corruption_script import NONE, Corruption, load_script, parse_topic_corruption
from vla_sim.faults.message_corruption import MessageCorruptor

SPOILT = 'spoilt'
POLL_PERIOD = 0.002  # s


@dataclass(frozen=True)
class ProxyParams:
    """Topics of the proxy and its script."""

    topics: str = param('target', 'names in the topic table, lower case, comma-separated')
    robot: str = param('ur5e', 'name in config/robots, or a file')
    seed: int = param(0, 'random seed; each topic has its own sequence', lo=0)
    script: str = param('', 'YAML file of cues; empty: only the service')

    def __post_init__(self) -> None:
        check(self)


def topic_of(name: str, robot: RobotConfig) -> topics.Topic:
    """The topic of that name in the table; robot topics have the name of the robot file."""
    edges = {'joint_states', 'wrench', 'arm_command', 'gripper_command'}
    if name == 'gripper_command' and robot.gripper.command != 'joint_trajectory':
        raise UserError(
            f'gripper_command of {robot.name} is a {robot.gripper.command_type}: only a '
            'joint_trajectory passes through the proxy'
        )
    if name in edges:
        topic: topics.Topic = getattr(topics, name)(robot)
        return topic
    table = {k.lower(): v for k, v in vars(topics).items() if isinstance(v, topics.Topic)}
    if name not in table:
        raise UserError(f'no topic {name!r}; known: {", ".join(sorted(table))}')
    return table[name]


class ProxyNode(Node):
    """One MessageCorruptor per topic."""

    name = 'proxy'
    realtime_priority = 35

    def __init__(self) -> None:
        super().__init__(self.name)
        p = params.declare(self, ProxyParams)
        robot = resolved(load_robot(p.robot), self.get_namespace())
        self._names = tuple(name.strip() for name in p.topics.split(','))
        self._streams: dict[str, tuple[MessageCorruptor, Publisher]] = {}
        for k, name in enumerate(self._names):
            topic = topic_of(name, robot)
            out = self.create_publisher(topic.type, f'{topic.name}/{SPOILT}', topic.qos)
            self._streams[name] = MessageCorruptor(p.seed + k), out
            self.create_subscription(topic.type, topic.name, partial(self._pass, name), topic.qos)
        self._cues = load_script(Path(p.script), self._names) if p.script else []
        self._began = time.monotonic()
        self._ends: dict[str, float] = {}  # s, steady clock, by topic
        self._timer: Timer | None = None
        self.create_service(InjectFault, 'proxy/inject', self._on_inject)
        self.create_timer(0.01, self._follow_script)

    def _pass(self, name: str, message: Any) -> None:
        corruptor, out = self._streams[name]
        for output in corruptor.put(message, time.monotonic()):
            out.publish(output)

    def _send_due(self) -> None:
        for corruptor, out in self._streams.values():
            if corruptor.needs_time:
                self._publish(out, corruptor.due(time.monotonic()))

    @staticmethod
    def _publish(out: Publisher, messages: list[Any]) -> None:
        """Publish messages; a repeated message is serialised once."""
        last, data = None, b''
        for message in messages:
            if message is not last:
                last, data = message, serialize_message(message)
            out.publish(data)

    def _inject(self, name: str, corruption: Corruption, seconds: float) -> None:
        corruptor, out = self._streams[name]
        now = time.monotonic()
        for output in corruptor.inject(corruption, now):
            out.publish(output)
        self._ends.pop(name, None)
        if seconds > 0.0:
            self._ends[name] = now + seconds
        is_needed = any(stream.needs_time for stream, _ in self._streams.values())
        if is_needed and self._timer is None:
            self._timer = self.create_timer(POLL_PERIOD, self._send_due)
        elif not is_needed and self._timer is not None:
            self.destroy_timer(self._timer)
            self._timer = None

    def _follow_script(self) -> None:
        now = time.monotonic()
        while self._cues and self._cues[0].at <= now - self._began:
            cue = self._cues.pop(0)
            self._inject(*parse_topic_corruption(cue.do, self._names), cue.seconds)
            self.get_logger().info(f'{cue.do} for {cue.seconds:g} s')
        for name in [name for name, end in self._ends.items() if end <= now]:
            self._inject(name, NONE, 0.0)

    def _on_inject(self, request: Any, response: Any) -> Any:
        try:
            if request.name == 'none':
                requests = [(name, NONE) for name in self._names]
            else:
                requests = [parse_topic_corruption(request.name, self._names)]
        except UserError as error:
            response.message = str(error)
            return response
        for name, corruption in requests:
            self._inject(name, corruption, request.seconds)
        response.success = True
        return response


def main() -> None:
    run(ProxyNode)
