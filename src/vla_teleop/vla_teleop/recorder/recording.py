"""A recorded episode as records, by stream, in the order of sending."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vla_core.errors import UserError
from vla_core.robot.config import RobotConfig
from vla_core.robot.joint_states.merger import JointStateMerger
from vla_ros.convert.fields import BadMessage
from vla_teleop.recorder.episode_file import read_metadata, read_raw
from vla_teleop.recorder.record_codec import Images, MessageDecoder
from vla_teleop.recorder.recorder import NAMESPACE


@dataclass(frozen=True)
class StampedRecord:
    """One record and its time of sending."""

    at: float  # s, ROS time
    stream: str  # as in vla_ros/topics.py, lower case; 'frame:…' and 'picture:…' for images
    record: Any


@dataclass
class Recording:
    """All records of an episode except images, which `pictures` reads one by one."""

    path: Path
    robot: RobotConfig
    metadata: dict[str, str]
    by_stream: dict[str, list[StampedRecord]] = field(default_factory=dict)
    end: float = 0.0  # s, ROS time of the last record

    def of(self, stream: str) -> list[StampedRecord]:
        """Return the records of `stream`, in order; empty when there are none."""
        return self.by_stream.get(stream, [])

    def pictures(self) -> Iterator[StampedRecord]:
        """Read the colour images from the file."""
        return read_records(self.path, self.robot, (), Images.COLOUR)


def read_records(
    path: Path,
    robot: RobotConfig,
    streams: tuple[str, ...] | None = None,
    images: Images = Images.NONE,
) -> Iterator[StampedRecord]:
    """Yield the records of an episode in the order of sending; skip invalid messages. Joint states
    of a separate gripper are merged into those of the arm."""
    namespace = read_metadata(path).get(NAMESPACE, '')
    decoder, joints = MessageDecoder(robot, images, namespace), JointStateMerger(robot)
    for raw in read_raw(path, decoder.names(streams)):
        try:
            decoded = decoder.decode(raw)
        except BadMessage:
            continue
        if decoded is None:
            continue
        stream, record = decoded
        if stream == 'joint_states':
            record = joints.merge_or_arm(record)
        if record is not None:
            yield StampedRecord(raw.stamp * 1e-9, stream, record)


def load_recording(
    path: Path, robot: RobotConfig, streams: tuple[str, ...] | None = None
) -> Recording:
    """Read an episode; UserError when it holds none of the robot's topics."""
    recording = Recording(Path(path), robot, read_metadata(path))
    for item in read_records(path, robot, streams):
        recording.by_stream.setdefault(item.stream, []).append(item)
        recording.end = item.at
    if not recording.by_stream:
        raise UserError(f'{path}: contains none of the topics of {robot.name}')
    return recording
