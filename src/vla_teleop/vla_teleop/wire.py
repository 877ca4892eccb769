"""Records to messages on the wire and back; streams are named as in vla_ros/topics.py, in lower case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.serialization import deserialize_message, serialize_message

from vla_core.robot import RobotConfig
from vla_ros import topics
from vla_ros.convert.sensing import camera_info_to_msg, frame_from_msgs, image_to_msg
from vla_ros.topics import Topic
from vla_teleop.episode_file import EpisodeWriter, RawMessage

EDGE = {
    'joint_states': topics.joint_states,
    'arm_command': topics.arm_command,
    'gripper_command': topics.gripper_command,
}


def streams(robot: RobotConfig) -> dict[str, Topic]:
    """Every stream that converts to a record, by name, under the topic this robot uses."""
    table = {
        name.lower(): topic
        for name, topic in vars(topics).items()
        if isinstance(topic, Topic) and topic.from_msg is not None
    }
    return {**table, **{name: at(robot) for name, at in EDGE.items()}}


def absolute(name: str) -> str:
    """The name a topic has in the root namespace."""
    return name if name.startswith('/') else f'/{name}'


def type_name(message_type: type) -> str:
    """'sensor_msgs/msg/Image' of a message class."""
    return f'{message_type.__module__.split(".")[0]}/msg/{message_type.__name__}'


class Tap:
    """Writes records to an episode file as the messages that the graph would have sent."""

    def __init__(self, writer: EpisodeWriter, robot: RobotConfig) -> None:
        self.writer = writer
        self._streams = streams(robot)
        self._robot = robot

    def __call__(self, stream: str, record: Any, now: float) -> None:
        """Write one record; `stream` may also be 'frame'."""
        if stream == 'frame':
            self._frame(record, now)
            return
        topic = self._streams[stream]
        assert topic.to_msg is not None
        self._write(topic, topic.to_msg(record), now)

    def _frame(self, frame: Any, now: float) -> None:
        colour, depth, info = topics.camera(self._robot.camera(frame.camera))
        at, where = frame.stamp, frame.model.frame
        self._write(colour, image_to_msg(frame.rgb, 'rgb8', at, where), now)
        self._write(depth, image_to_msg(frame.depth, '32FC1', at, where), now)
        self._write(info, camera_info_to_msg(frame.model, at), now)

    def _write(self, topic: Topic, message: Any, now: float) -> None:
        name = type_name(topic.type)
        data = serialize_message(message)
        self.writer.write(RawMessage(absolute(topic.name), name, data, round(now * 1e9)))


class Decoder:
    """Raw messages to (stream, record); images come once colour, depth and info of a stamp are there."""

    def __init__(self, robot: RobotConfig) -> None:
        self._by_topic: dict[str, tuple[str, Topic]] = {
            absolute(topic.name): (name, topic) for name, topic in streams(robot).items()
        }
        self._cameras: dict[str, tuple[str, int, type]] = {}
        for config in robot.cameras:
            for part, topic in enumerate(topics.camera(config)):
                self._cameras[absolute(topic.name)] = (config.name, part, topic.type)
        self._parts: dict[str, list[Any]] = {config.name: [None] * 3 for config in robot.cameras}

    def names(self, wanted: tuple[str, ...] | None, with_frames: bool) -> list[str]:
        """Topics that hold the wanted streams (None: all) and, if asked for, the images."""
        found = [
            topic
            for topic, (name, _) in self._by_topic.items()
            if wanted is None or name in wanted
        ]
        return found + (list(self._cameras) if with_frames else [])

    def decode(self, raw: RawMessage) -> tuple[str, Any] | None:
        """Return the stream and its record; None while an image is not complete or the topic is unknown."""
        if raw.topic in self._cameras:
            return self._camera_part(raw)
        known = self._by_topic.get(raw.topic)
        if known is None:
            return None
        name, topic = known
        read: Callable[[Any], Any] | None = topic.from_msg
        assert read is not None
        return name, read(deserialize_message(raw.data, topic.type))

    def _camera_part(self, raw: RawMessage) -> tuple[str, Any] | None:
        camera, part, kind = self._cameras[raw.topic]
        parts = self._parts[camera]
        parts[part] = deserialize_message(raw.data, kind)
        stamps = {(m.header.stamp.sec, m.header.stamp.nanosec) for m in parts if m is not None}
        if None in parts or len(stamps) != 1:
            return None
        self._parts[camera] = [None] * 3
        return f'frame:{camera}', frame_from_msgs(camera, *parts)
