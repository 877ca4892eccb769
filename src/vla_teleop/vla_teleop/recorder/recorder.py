"""What belongs to an episode and when it begins and ends; no ROS in here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from vla_core.params import check, param
from vla_core.records.task import Phase, ResultCode, TaskStatus
from vla_teleop.recorder.episode_file import EpisodeWriter, RawMessage

END_PHASES = (Phase.DONE, Phase.FAILED)


@dataclass(frozen=True)
class RecorderParams:
    """Where episodes go and what stays out of them."""

    out: str = param('out/episodes', 'folder of the recorded files, made when missing')
    name: str = param('', 'file name without suffix; empty: made from time and task')
    exclude: tuple[str, ...] = param((), 'topics that are not recorded')
    tail: float = param(2.0, 's recorded after a task has ended', lo=0.0, hi=10.0)

    def __post_init__(self) -> None:
        check(self)


class Recorder:
    """Keeps one file open from the moment a task appears until shortly after it ended."""

    def __init__(self, params: RecorderParams) -> None:
        self.params = params
        self.status: TaskStatus | None = None
        self.writer: EpisodeWriter | None = None
        self.last: Path | None = None  # the newest finished file
        self._ends_at = float('inf')
        self._ended: TaskStatus | None = None  # the status that ended the open episode
        self._labels: dict[str, str] = {}

    @property
    def episode_id(self) -> str:
        """Task id of the open file, '' when none is open."""
        return self.status.task_id if self.writer and self.status else ''

    def on_status(self, status: TaskStatus, now: float) -> None:
        """Open a file for a new task; mark its end when the task is over."""
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
        """Keep a message when an episode is open."""
        if self.writer and message.topic not in self.params.exclude:
            self.writer.write(message)

    def label(self, is_success: bool, note: str) -> str:
        """Say how the open episode went; returns why not, or ''."""
        if self.writer is None:
            return 'no episode is open'
        self._labels = {'label': 'success' if is_success else 'failure', 'note': note}
        return ''

    def tick(self, now: float) -> Path | None:
        """Close the file once its tail is over; returns it then."""
        return self.finish() if now >= self._ends_at else None

    def finish(self) -> Path | None:
        """Close the open file now, with what is known of its end."""
        if self.writer is None or self.status is None:
            return None
        status, writer = self._ended or self.status, self.writer
        self.writer, self._ended, self._ends_at = None, None, float('inf')
        self.last = writer.close(**episode_metadata(status), **self._labels)
        return self.last

    def _open(self, status: TaskStatus, now: float) -> None:
        stem = self.params.name or f'{now:.0f}_{re.sub(r"[^A-Za-z0-9]+", "-", status.task_id)}'
        self.writer = EpisodeWriter(Path(self.params.out) / f'{stem}.mcap')
        self._labels = {}


def episode_metadata(status: TaskStatus) -> dict[str, str]:
    """What a file says about itself."""
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
