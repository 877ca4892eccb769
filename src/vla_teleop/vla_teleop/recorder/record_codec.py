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
from vla_core.robot.camera import CameraConfig
from vla_core.robot.config import RobotConfig
from vla_core.robot.ros_names import absolute_name
from vla_core.robot.topic_names import resolved
from vla_ros import topics
from vla_ros.camera.approximate_time_synchronizer import QUEUE, SLOP, ApproximateTimeSynchronizer
from vla_ros.convert.fields import stamp_of
from vla_ros.convert.rgbd import frame_from_msgs, frame_to_msgs, rgb_of
from vla_ros.serialize import from_bytes, message_from_bytes, message_to_bytes, type_name
from vla_ros.topics import Topic
from vla_teleop.recorder.episode_file import EpisodeWriter, RawMessage

COLOUR, DEPTH, INFO = range(3)  # of topics.camera
ROBOT_TOPICS = {
    'joint_states': topics.joint_states,
    'arm_command': topics.arm_command,
    'gripper_command': topics.gripper_command,
}


def streams(robot: RobotConfig, namespace: str = '') -> dict[str, Topic]:
    """Return the topics of this robot that convert to records, by stream, with full names."""
    table = {
        name.lower(): topic.at(absolute_name(topic.name, namespace)).in_frame(robot.base_frame)
        for name, topic in vars(topics).items()
        if isinstance(topic, Topic) and topic.from_msg is not None
    }
    robot = resolved(robot, namespace)
    return {**table, **{name: at(robot) for name, at in ROBOT_TOPICS.items()}}


def image_topics(robot: RobotConfig, namespace: str = '') -> set[str]:
    """Return the full names of the image topics."""
    cameras = resolved(robot, namespace).cameras
    return {topic.name for camera in cameras for topic in topics.camera(camera)[:2]}


class RecordWriter:
    """Writes records to an episode file as the messages that a graph without namespace sends."""

    def __init__(self, writer: EpisodeWriter, robot: RobotConfig) -> None:
        self.writer = writer
        self._streams = streams(robot)
        self._robot = resolved(robot)

    def __call__(self, stream: str, record: Any, now: float) -> None:
        """Write one record; `stream` may also be 'frame'."""
        if stream == 'frame':
            self._frame(record, now)
            return
        topic = self._streams[stream]
        assert topic.to_msg is not None
        self._write(topic, topic.to_msg(record), now)

    def _frame(self, frame: Any, now: float) -> None:
        camera = self._robot.camera(frame.camera)
        for topic, message in zip(
            topics.camera(camera), frame_to_msgs(frame, camera), strict=True
        ):
            self._write(topic, message, now)

    def _write(self, topic: Topic, message: Any, now: float) -> None:
        name = type_name(topic.type)
        data = message_to_bytes(message)
        self.writer.write(RawMessage(topic.name, name, data, round(now * 1e9)))


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


class CameraDecoder:
    """Makes the frames, or the colour images, of one camera from its messages."""

    def __init__(self, camera: CameraConfig, images: Images, slop: float) -> None:
        self._camera, self._images = camera, images
        self._pairs = ApproximateTimeSynchronizer[Any](QUEUE, slop)
        self._info: Any = None
        self._waiting: tuple[Any, Any] | None = None  # a pair before the first camera info

    def put(self, part: int, message: Any) -> tuple[str, Any] | None:
        """Add a message of COLOUR, DEPTH or INFO; return the stream and record it completes."""
        if part == INFO:
            self._info = message
        elif self._images == Images.COLOUR:
            self._waiting = (message, None)
        else:
            self._waiting = self._pairs.put(part, stamp_of(message), message) or self._waiting
        if self._waiting is None or (self._info is None and self._camera.needs_info):
            return None
        colour, depth = self._waiting
        self._waiting = None
        if depth is None:
            return self._picture(colour)
        frame = frame_from_msgs(self._camera, colour, depth, self._info)
        return f'frame:{self._camera.name}', frame

    def _picture(self, colour: Any) -> tuple[str, Picture]:
        model, rgb = rgb_of(self._camera, colour, self._info)
        name = self._camera.name
        return f'picture:{name}', Picture(name, stamp_of(colour), model, rgb)


class MessageDecoder:
    """Decodes raw messages to (stream, record); the stamps of colour and depth in a frame differ
    by SLOP s at most. `namespace`: of the recorded graph."""

    def __init__(
        self, robot: RobotConfig, images: Images = Images.NONE, namespace: str = ''
    ) -> None:
        robot = resolved(robot, namespace)
        self._by_topic: dict[str, tuple[str, Topic]] = {
            topic.name: (name, topic) for name, topic in streams(robot, namespace).items()
        }
        self._cameras: dict[str, tuple[str, int, type]] = {}
        for config in robot.cameras if images != Images.NONE else ():
            for part, topic in enumerate(topics.camera(config)):
                if part != DEPTH or images == Images.RGBD:
                    self._cameras[topic.name] = (config.name, part, topic.type)
        self._decoders = {c.name: CameraDecoder(c, images, SLOP) for c in robot.cameras}

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
        return self._decoders[camera].put(part, message_from_bytes(raw.data, kind))
