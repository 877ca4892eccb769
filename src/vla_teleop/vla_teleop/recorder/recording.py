"""A recorded episode as records: what every part said, by stream, in the order it was sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vla_core.errors import UserError
from vla_core.robot.config import RobotConfig
from vla_core.robot.joint_state_merger import JointStateMerger
from vla_ros.convert.fields import BadMessage
from vla_teleop.recorder.episode_file import read_metadata, read_raw
from vla_teleop.recorder.record_codec import Images, MessageDecoder


@dataclass(frozen=True)
class StampedRecord:
    """One record and when it was sent."""

    at: float  # s, ROS time
    stream: str  # as in vla_ros/topics.py, lower case; 'frame:…' and 'picture:…' for images
    record: Any


@dataclass
class Recording:
    """All records of an episode but images, which `pictures` reads one by one."""

    path: Path
    robot: RobotConfig
    facts: dict[str, str]
    by_stream: dict[str, list[StampedRecord]] = field(default_factory=dict)
    end: float = 0.0  # s, ROS time of the last record

    def of(self, stream: str) -> list[StampedRecord]:
        """What was said in `stream`; empty when nothing was."""
        return self.by_stream.get(stream, [])

    def pictures(self) -> Iterator[StampedRecord]:
        """Read the file again for its colour images."""
        return read_records(self.path, self.robot, (), Images.COLOUR)


def read_records(
    path: Path,
    robot: RobotConfig,
    streams: tuple[str, ...] | None = None,
    images: Images = Images.NONE,
) -> Iterator[StampedRecord]:
    """Yield the records of an episode as they were sent; a bad message counts as none. Where the
    gripper spoke for itself, what it said is in the samples of the arm."""
    decoder, joints = MessageDecoder(robot, images), JointStateMerger(robot)
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
    """Read an episode; UserError when nothing in it is known."""
    recording = Recording(Path(path), robot, read_metadata(path))
    for said in read_records(path, robot, streams):
        recording.by_stream.setdefault(said.stream, []).append(said)
        recording.end = said.at
    if not recording.by_stream:
        raise UserError(f'{path}: none of the topics of {robot.name} are in it')
    return recording
