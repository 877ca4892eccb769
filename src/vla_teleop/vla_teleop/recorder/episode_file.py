"""An episode on disk: one MCAP file with ROS 2 schemas; `.partial` until it is complete."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from mcap.exceptions import McapError
from mcap.reader import make_reader
from mcap.writer import CompressionType, Writer

from vla_core.errors import UserError
from vla_teleop.recorder.schemas import definition

PARTIAL = '.partial'
METADATA = 'episode'


@dataclass(frozen=True)
class RawMessage:
    """One serialised message as it was sent."""

    topic: str
    type_name: str  # e.g. 'sensor_msgs/msg/JointState'
    data: bytes  # CDR
    stamp: int  # ns, ROS time of sending


class EpisodeWriter:
    """Writes messages to `<path>.partial`; `close` renames the file to `<path>`."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._partial = self.path.with_name(self.path.name + PARTIAL)
        self._stream = self._partial.open('wb')
        self._writer = Writer(self._stream, compression=CompressionType.ZSTD)
        self._writer.start(profile='ros2', library='vla_teleop')
        self._channels: dict[str, int] = {}
        self.counts: dict[str, int] = {}

    def write(self, message: RawMessage) -> None:
        """Append one message; its channel is created on first use."""
        channel = self._channels.get(message.topic)
        if channel is None:
            channel = self._add_channel(message.topic, message.type_name)
        self._writer.add_message(
            channel_id=channel,
            log_time=message.stamp,
            publish_time=message.stamp,
            data=message.data,
            sequence=self.counts[message.topic],
        )
        self.counts[message.topic] += 1

    def close(self, **metadata: str) -> Path:
        """Write the episode's `metadata` (instruction, label …), then finish and rename it."""
        self._writer.add_metadata(METADATA, {k: str(v) for k, v in metadata.items()})
        self._writer.finish()
        self._stream.close()
        return self._partial.rename(self.path)

    def discard(self) -> None:
        """Delete the unfinished file."""
        self._stream.close()
        self._partial.unlink(missing_ok=True)

    def __enter__(self) -> EpisodeWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._stream.closed:
            self.discard()

    def _add_channel(self, topic: str, type_name: str) -> int:
        schema = self._writer.register_schema(
            name=type_name, encoding='ros2msg', data=definition(type_name).encode()
        )
        channel: int = self._writer.register_channel(
            topic=topic,
            message_encoding='cdr',
            schema_id=schema,
            metadata={'offered_qos_profiles': ''},
        )
        self._channels[topic] = channel
        self.counts[topic] = 0
        return channel


def read_raw(path: Path, topics: list[str] | None = None) -> Iterator[RawMessage]:
    """Yield the messages of an episode in the order they were sent."""
    with _open(path) as stream:
        try:
            for schema, channel, message in make_reader(stream).iter_messages(topics=topics):
                name = schema.name if schema else ''
                yield RawMessage(channel.topic, name, message.data, message.log_time)
        except McapError as error:
            raise UserError(f'{path}: not a complete MCAP file ({error})') from error


def read_metadata(path: Path) -> dict[str, str]:
    """Return the metadata that `close` wrote."""
    with _open(path) as stream:
        try:
            for record in make_reader(stream).iter_metadata():
                if record.name == METADATA:
                    return dict(record.metadata)
        except McapError as error:
            raise UserError(f'{path}: not a complete MCAP file ({error})') from error
    raise UserError(f'{path}: no episode metadata; was it recorded by this stack?')


def remove_topics(path: Path, topics: set[str]) -> None:
    """Rewrite the episode without `topics`."""
    with EpisodeWriter(path) as writer:
        for message in read_raw(path):
            if message.topic not in topics:
                writer.write(message)
        writer.close(**read_metadata(path))


def _open(path: Path) -> BinaryIO:
    try:
        return Path(path).open('rb')
    except OSError as error:
        raise UserError(f'cannot read episode {path}: {error.strerror}') from error
