"""Begin, end and metadata of recorded episodes; no ROS."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from vla_core.freshness import CLOCK_JUMP
from vla_core.params import check, param
from vla_core.records.task import Phase, ResultCode, TaskStatus
from vla_core.robot.ros_names import absolute_name
from vla_teleop.recorder.episode_file import EpisodeWriter, RawMessage

END_PHASES = (Phase.DONE, Phase.FAILED)
NAMESPACE = 'namespace'  # key of the metadata: that of the recorded graph, without slashes


@dataclass(frozen=True)
class RecorderParams:
    """Where episodes are written, and what is excluded."""

    out: str = param('out/episodes', 'folder of the recorded files, created when missing')
    name: str = param('', 'file name without suffix; empty: from time and task')
    exclude: tuple[str, ...] = param((), 'topics that are not recorded')
    tail: float = param(2.0, 's, recorded after a task has ended', lo=0.0, hi=10.0)

    def __post_init__(self) -> None:
        check(self)


class Recorder:
    """Keeps one file open from the first status of a task until `tail` s after its end.

    The last message of each topic in `latched` begins every file: it may be published only once.
    Names of topics are full names in the `namespace` of the graph.
    """

    def __init__(
        self,
        params: RecorderParams,
        latched: frozenset[str] = frozenset(),
        namespace: str = '',
    ) -> None:
        self.params, self._namespace = params, namespace.strip('/')
        self._exclude = {absolute_name(name, namespace) for name in params.exclude}
        self.status: TaskStatus | None = None
        self.writer: EpisodeWriter | None = None
        self.last: Path | None = None  # the newest finished file
        self._ends_at = float('inf')
        self._ended: TaskStatus | None = None  # the status that ended the open episode
        self._labels: dict[str, str] = {}
        self._latched: dict[str, RawMessage | None] = dict.fromkeys(latched)

    @property
    def episode_id(self) -> str:
        """Task id of the open file, '' when none is open."""
        return self.status.task_id if self.writer and self.status else ''

    def on_status(self, status: TaskStatus, now: float) -> None:
        """Open a file for a new task; schedule its end when the task is over."""
        is_new = bool(status.task_id) and (
            self.status is None or status.task_id != self.status.task_id
        )
        if is_new:
            self.finish()
            self._open(status, now)
        self.status = status
        if self.writer and status.phase in END_PHASES and self._ends_at == float('inf'):
            self._ended, self._ends_at = status, now + self.params.tail

    def on_message(self, message: RawMessage) -> None:
        """Write a message when an episode is open."""
        if message.topic in self._latched:
            self._latched[message.topic] = message
        if self.writer and message.topic not in self._exclude:
            self.writer.write(message)

    def on_latched(self, message: RawMessage) -> None:
        """Store a message that a publisher sends to late readers; an open file needs one only."""
        if self.writer is None or message.topic not in self.writer.counts:
            self.on_message(message)

    def label(self, is_success: bool, note: str) -> str:
        """Label the open episode; return the reason when there is none, else ''."""
        if self.writer is None:
            return 'no episode is open'
        self._labels = {'label': 'success' if is_success else 'failure', 'note': note}
        return ''

    def tick(self, now: float) -> Path | None:
        """Close the file when its tail is over, or the clock was set back; return its path."""
        is_set_back = now < self._ends_at - self.params.tail - CLOCK_JUMP < float('inf')
        return self.finish() if now >= self._ends_at or is_set_back else None

    def finish(self) -> Path | None:
        """Close the open file now; return its path."""
        if self.writer is None or self.status is None:
            return None
        status, writer = self._ended or self.status, self.writer
        self.writer, self._ended, self._ends_at = None, None, float('inf')
        graph = {NAMESPACE: self._namespace} if self._namespace else {}
        self.last = writer.close(**episode_metadata(status), **graph, **self._labels)
        return self.last

    def _open(self, status: TaskStatus, now: float) -> None:
        stem = self.params.name or f'{now:.0f}_{re.sub(r"[^A-Za-z0-9]+", "-", status.task_id)}'
        self.writer = EpisodeWriter(Path(self.params.out) / f'{stem}.mcap')
        self._labels = {}
        for message in filter(None, self._latched.values()):
            self.on_message(replace(message, stamp=round(now * 1e9)))


def episode_metadata(status: TaskStatus) -> dict[str, str]:
    """Return the metadata of an episode that ended with `status`."""
    is_over = status.phase in END_PHASES
    return {
        'task_id': status.task_id,
        'instruction': status.instruction,
        'seed': str(status.seed),
        'phase': status.phase.name,
        'code': ResultCode(status.code).name if is_over else 'UNFINISHED',
        'text': status.text,
        'attempts': str(status.attempt),
    }
