"""Records every topic of the stack as raw messages, one MCAP file per task."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile

from vla_core.params import check, param
from vla_core.robot.config import RobotConfig, load_robot
from vla_interfaces.srv import LabelEpisode
from vla_ros import params, topics
from vla_ros.convert.safety import heartbeat_to_msg
from vla_ros.endpoints import PolledCallbackGroup
from vla_ros.heartbeat import HeartbeatBuilder
from vla_ros.main import run
from vla_ros.serialize import from_bytes, type_name
from vla_ros.topics import Topic
from vla_teleop.recorder.episode_file import RawMessage
from vla_teleop.recorder.record_codec import absolute_name, streams
from vla_teleop.recorder.recorder import Recorder, RecorderParams

PERIOD = 0.03  # s, between two looks at what has come
HEARTBEAT_PERIOD = 0.1  # s, between heartbeats
DEPTH = 100  # messages of a topic that may wait meanwhile


@dataclass(frozen=True)
class RecorderNodeParams:
    """Which robot, what of it, and where the episodes go."""

    robot: str = param('ur5e', 'name in config/robots, or a path to a YAML file')
    depth: bool = param(True, 'depth images too')
    recorder: RecorderParams = field(default_factory=RecorderParams)

    def __post_init__(self) -> None:
        check(self)


def recorded_topics(robot: RobotConfig, with_depth: bool) -> list[Topic]:
    """Every topic, under the names this robot uses."""
    made = [*streams(robot).values(), topics.wrench(robot), topics.SUCCESS]
    for camera in robot.cameras:
        colour, depth, info = topics.camera(camera)
        made += [colour, info, *([depth] if with_depth else [])]
    return made


def with_long_queue(profile: QoSProfile) -> QoSProfile:
    """The profile with a longer queue at this end: a record has no use for the newest only."""
    made = copy(profile)
    made.depth = DEPTH
    return made


class RecorderNode(Node):
    """A plain node: it moves nothing, and it works from its first moment."""

    def __init__(self) -> None:
        super().__init__('recorder')
        p = params.declare(self, RecorderNodeParams)
        self.recorder = Recorder(p.recorder)
        self.quiet = (
            PolledCallbackGroup()
        )  # emptied by `tick`: to wake up for each message would cost more
        self.inboxes = [(t, self.listen(t)) for t in recorded_topics(load_robot(p.robot), p.depth)]
        self.heartbeat = HeartbeatBuilder('recorder', HEARTBEAT_PERIOD)
        beats = topics.HEARTBEATS
        self.beats = self.create_publisher(beats.type, beats.name, beats.qos)
        self.create_service(LabelEpisode, 'label_episode', self.on_label)
        self.create_timer(PERIOD, self.tick)

    def listen(self, topic: Topic) -> Any:
        return self.create_subscription(
            topic.type, topic.name, _nothing, with_long_queue(topic.qos),
            callback_group=self.quiet, raw=True,
        )  # fmt: skip

    def on_label(self, request: Any, response: Any) -> Any:
        response.message = self.recorder.label(request.is_success, request.note)
        response.success = not response.message
        return response

    def tick(self) -> None:
        """Write down what has come since the last look, in the order it came."""
        came = [message for inbox in self.inboxes for message in take_all(*inbox)]
        for message in sorted(came, key=_stamp):
            self.keep(message)
        now = self.get_clock().now().nanoseconds * 1e-9
        path = self.recorder.tick(now)
        if path is not None:
            self.get_logger().info(f'recorded {path}')
        if self.heartbeat.due(monotonic(), 0.0):
            self.beats.publish(heartbeat_to_msg(self.heartbeat.next(now, 'active', '', '')))

    def keep(self, message: RawMessage) -> None:
        """A status may begin or end an episode; then the message is written."""
        if message.topic == absolute_name(topics.STATUS.name):
            before = self.recorder.episode_id
            self.recorder.on_status(from_bytes(topics.STATUS, message.data), message.stamp * 1e-9)
            if self.recorder.episode_id not in ('', before):
                self.get_logger().info(f'recording {self.recorder.episode_id}')
        self.recorder.on_message(message)

    def destroy_node(self) -> None:
        path = self.recorder.finish()
        if path is not None:
            self.get_logger().info(f'recorded {path}')
        super().destroy_node()


def take_all(topic: Topic, subscription: Any) -> list[RawMessage]:
    """Everything that waits in a subscription."""
    name, kind = absolute_name(topic.name), type_name(topic.type)
    made: list[RawMessage] = []
    with subscription.handle:
        while len(made) < DEPTH:
            found = subscription.handle.take_message(subscription.msg_type, True)
            if found is None:
                break
            data, info = found
            made.append(RawMessage(name, kind, bytes(data), int(info['source_timestamp'])))
    return made


def _stamp(message: RawMessage) -> int:
    return message.stamp


def _nothing(_: Any) -> None:
    return None


def main() -> None:
    run(RecorderNode)
