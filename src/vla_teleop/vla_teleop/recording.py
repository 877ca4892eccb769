"""A recorded episode as records: what every part said, by topic, in the order it was received."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vla_teleop.episode_file import read_facts, read_raw
from vla_teleop.wire import record_from_raw


@dataclass(frozen=True)
class Said:
    """One record and when it was received."""

    at: float  # s, ROS time
    topic: str
    record: Any


@dataclass
class Recording:
    """All records of an episode but images, which are read one by one with `frames`."""

    path: Path
    facts: dict[str, str]
    by_topic: dict[str, list[Said]] = field(default_factory=dict)

    def of(self, topic: str) -> list[Said]:
        """What was said under `topic`; empty when nothing was."""
        return self.by_topic.get(topic, [])
