"""Records to recorded messages and back.

Streams are named as in vla_ros/topics.py, in lower case.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vla_core.records.sensing import CameraModel
from vla_core.robot.config import RobotConfig
from vla_ros import topics
from vla_ros.convert.fields import stamp_of
from vla_ros.convert.sensing import (
    camera_info_to_msg,
    camera_model_from_msg,
    frame_from_msgs,
    image_to_msg,
    rgb_from_msg,
)
from vla_ros.serialize import from_bytes, message_from_bytes, message_to_bytes, type_name
from vla_ros.topics import Topic
from vla_teleop.recorder.episode_file import EpisodeWriter, RawMessage

COLOUR, DEPTH, INFO = range(3)  # of topics.camera
ROBOT_TOPICS = {
    'joint_states': topics.joint_states,
    'arm_command': topics.arm_command,
    'gripper_command': topics.gripper_command,
}


def streams(robot: RobotConfig) -> dict[str, Topic]:
    """Return the topics of this robot that convert to records, by stream."""
    table = {
        name.lower(): topic
        for name, topic in vars(topics).items()
        if isinstance(topic, Topic) and topic.from_msg is not None
    }
    return {**table, **{name: at(robot) for name, at in ROBOT_TOPICS.items()}}


def image_topics(robot: RobotConfig) -> set[str]:
    """Return the names of the image topics."""
    pairs = (topics.camera(camera)[:2] for camera in robot.cameras)
    return {absolute_name(topic.name) for pair in pairs for topic in pair}


def absolute_name(name: str) -> str:
    """Return the topic name in the root namespace."""
    return name if name.startswith('/') else f'/{name}'


class RecordWriter:
    """Writes records to an episode file as the messages that the graph sends."""

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
        data = message_to_bytes(message)
        self.writer.write(RawMessage(absolute_name(topic.name), name, data, round(now * 1e9)))


class Images(Enum):
    """Which images to read."""

    NONE = 'none'
    COLOUR = 'colour'  # Picture, stream 'picture:<camera>'
    RGBD = 'rgbd'  # RgbdFrame, stream 'frame:<camera>'


@dataclass(frozen=True)
class Picture:
    """One colour image without its depth."""

    camera: str
    stamp: float  # s, ROS time of exposure
    model: CameraModel
    rgb: NDArray[np.uint8]  # (H, W, 3)


class MessageDecoder:
    """Decodes raw messages to (stream, record)."""

    def __init__(self, robot: RobotConfig, images: Images = Images.NONE) -> None:
        self._by_topic: dict[str, tuple[str, Topic]] = {
            absolute_name(topic.name): (name, topic) for name, topic in streams(robot).items()
        }
        self._images = images
        self._cameras: dict[str, tuple[str, int, type]] = {}
        for config in robot.cameras if images != Images.NONE else ():
            for part, topic in enumerate(topics.camera(config)):
                if part != DEPTH or images == Images.RGBD:
                    self._cameras[absolute_name(topic.name)] = (config.name, part, topic.type)
        self._parts: dict[str, list[Any]] = {config.name: [None] * 3 for config in robot.cameras}

    def names(self, wanted: tuple[str, ...] | None) -> list[str]:
        """Return the topics of the requested streams (None: all) and images."""
        found = [t for t, (name, _) in self._by_topic.items() if wanted is None or name in wanted]
        return found + list(self._cameras)

    def decode(self, raw: RawMessage) -> tuple[str, Any] | None:
        """Return the stream and its record; None for an incomplete frame or an unknown topic."""
        if raw.topic in self._cameras:
            return self._camera_part(raw)
        known = self._by_topic.get(raw.topic)
        if known is None:
            return None
        name, topic = known
        return name, from_bytes(topic, raw.data)

    def _camera_part(self, raw: RawMessage) -> tuple[str, Any] | None:
        camera, part, kind = self._cameras[raw.topic]
        parts = self._parts[camera]
        parts[part] = message_from_bytes(raw.data, kind)
        if self._images == Images.COLOUR:
            return self._picture(camera) if part == COLOUR and parts[INFO] is not None else None
        stamps = {(m.header.stamp.sec, m.header.stamp.nanosec) for m in parts if m is not None}
        if any(message is None for message in parts) or len(stamps) != 1:
            return None
        self._parts[camera] = [None] * 3
        return f'frame:{camera}', frame_from_msgs(camera, *parts)

    def _picture(self, camera: str) -> tuple[str, Picture]:
        colour, _, info = self._parts[camera]
        model = camera_model_from_msg(info)
        return f'picture:{camera}', Picture(camera, stamp_of(colour), model, rgb_from_msg(colour))
