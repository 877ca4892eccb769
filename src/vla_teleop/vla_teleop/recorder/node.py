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
from vla_core.robot.ros_names import absolute_name
from vla_core.robot.topic_names import resolved
from vla_interfaces.srv import LabelEpisode
from vla_ros import params, topics
from vla_ros.convert.safety import HEARTBEAT
from vla_ros.endpoints import PolledCallbackGroup
from vla_ros.heartbeat import HeartbeatBuilder
from vla_ros.main import run
from vla_ros.serialize import from_bytes, type_name
from vla_ros.topics import Topic
from vla_teleop.recorder.episode_file import RawMessage
from vla_teleop.recorder.record_codec import streams
from vla_teleop.recorder.recorder import Recorder, RecorderParams

PERIOD = 0.03  # s, between two polls of the subscriptions
HEARTBEAT_PERIOD = 0.1  # s, between heartbeats
DEPTH = 100  # messages of a topic queued meanwhile


@dataclass(frozen=True)
class RecorderNodeParams:
    """The robot, whether depth is recorded, and the parameters of the recorder."""

    robot: str = param('ur5e', 'name in config/robots, or a path to a YAML file')
    depth: bool = param(True, 'record depth images too')
    recorder: RecorderParams = field(default_factory=RecorderParams)

    def __post_init__(self) -> None:
        check(self)


def recorded_topics(robot: RobotConfig, with_depth: bool, namespace: str = '') -> list[Topic]:
    """Return every topic to record, under the full names of this robot; of a gripper's commands
    only a trajectory, because what an action commands is on no topic."""
    table = streams(robot, namespace)
    if robot.gripper.command != 'joint_trajectory':
        del table['gripper_command']
    robot, success = resolved(robot, namespace), absolute_name(topics.SUCCESS.name, namespace)
    found = [*table.values(), topics.SUCCESS.at(success)]
    found += [topic for topic in topics.wrenches(robot) if topic.name]
    for camera in robot.cameras:
        colour, depth, info = topics.camera(camera)
        found += [colour, info, *([depth] if with_depth else [])]
    return found


def with_long_queue(profile: QoSProfile) -> QoSProfile:
    """Return the profile with a queue of DEPTH: the recorder needs every message."""
    longer = copy(profile)
    longer.depth = DEPTH
    return longer


class RecorderNode(Node):
    """A plain node: it moves nothing, and records from its start."""

    carries_images = True

    def __init__(self) -> None:
        super().__init__('recorder')
        p = params.declare(self, RecorderNodeParams)
        robot, namespace = load_robot(p.robot), self.get_namespace()
        cameras = resolved(robot, namespace).cameras
        infos = [topics.latched(topics.camera(camera)[2]) for camera in cameras]
        self.recorder = Recorder(p.recorder, frozenset(t.name for t in infos), namespace)
        self.status = absolute_name(topics.STATUS.name, namespace)
        # polled in `tick`: a wake-up per message costs more
        self.polled = PolledCallbackGroup()
        recorded = recorded_topics(robot, p.depth, namespace)
        self.subscribed = [(topic, self.subscribe(topic)) for topic in recorded]
        self.latched = [(topic, self.subscribe(topic)) for topic in infos]
        self.heartbeat = HeartbeatBuilder('recorder', HEARTBEAT_PERIOD)
        topic = topics.HEARTBEATS
        self.heartbeats = self.create_publisher(topic.type, topic.name, topic.qos)
        self.create_service(LabelEpisode, 'label_episode', self.on_label)
        self.create_timer(PERIOD, self.tick)

    def subscribe(self, topic: Topic) -> Any:
        return self.create_subscription(
            topic.type, topic.name, _ignore, with_long_queue(topic.qos),
            callback_group=self.polled, raw=True,
        )  # fmt: skip

    def on_label(self, request: Any, response: Any) -> Any:
        response.message = self.recorder.label(request.is_success, request.note)
        response.success = not response.message
        return response

    def tick(self) -> None:
        """Write the messages received since the last tick, in the order of sending."""
        for message in (message for pair in self.latched for message in take_all(*pair)):
            self.recorder.on_latched(message)
        received = [message for pair in self.subscribed for message in take_all(*pair)]
        for message in sorted(received, key=_stamp):
            self.record(message)
        now = self.get_clock().now().nanoseconds * 1e-9
        path = self.recorder.tick(now)
        if path is not None:
            self.get_logger().info(f'recorded {path}')
        if self.heartbeat.due(monotonic(), 0.0):
            self.heartbeats.publish(HEARTBEAT.to_msg(self.heartbeat.next(now, 'active', '', '')))

    def record(self, message: RawMessage) -> None:
        """Write one message; a status first begins or ends an episode."""
        if message.topic == self.status:
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
    """Return the messages queued in a subscription."""
    name, kind = topic.name, type_name(topic.type)
    messages: list[RawMessage] = []
    with subscription.handle:
        while len(messages) < DEPTH:
            found = subscription.handle.take_message(subscription.msg_type, True)
            if found is None:
                break
            data, info = found
            messages.append(RawMessage(name, kind, bytes(data), int(info['source_timestamp'])))
    return messages


def _stamp(message: RawMessage) -> int:
    return message.stamp


def _ignore(_: Any) -> None:
    return None


def main() -> None:
    run(RecorderNode)
