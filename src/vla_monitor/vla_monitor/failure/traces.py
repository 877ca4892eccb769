"""Labelled rollouts as inputs of the detector: training data of heads and bands."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vla_core.errors import UserError
from vla_monitor.failure.signals import SIGNALS

Floats = NDArray[np.float32]
LOG, ABOUT = 'rollouts.jsonl', 'about.json'


@dataclass(frozen=True)
class Binding:
    """What scores and thresholds depend on; they are invalid for other values."""

    checkpoint: str  # hash of the weights
    schema: str  # of the features
    period: float  # s between inferences
    step: float  # s between rows of a chunk
    horizon: int  # rows of a chunk

    @property
    def width(self) -> int:
        """Width of the features, from the schema policy/layer/pooling/width/checkpoint."""
        parts = self.schema.split('/')
        if len(parts) != 5 or not parts[3].isdecimal():
            raise UserError(f'schema {self.schema!r} has no feature width')
        return int(parts[3])

    def differences(self, other: Binding) -> list[str]:
        """Return the differences from `other`, as texts."""
        return [
            f'{f.name} is {getattr(other, f.name)}, calibrated for {getattr(self, f.name)}'
            for f in fields(self)
            if getattr(self, f.name) != getattr(other, f.name)
        ]


@dataclass(frozen=True)
class Trace:
    """T inferences of one attempt, and its outcome."""

    key: str
    task: str  # the kind of task: verb and variant
    cause: str  # injected disturbance; 'natural': none
    is_failure: bool  # ground truth of the intended task
    feature: Floats  # (T, width)
    signal: Floats  # (T, len(SIGNALS))
    chunk: Floats  # (T, K, horizon, columns) candidates in units of the chunk

    def __len__(self) -> int:
        return len(self.feature)

    def cut(self, length: int) -> Trace:
        """Return the first `length` inferences."""
        rows = {name: getattr(self, name)[:length] for name in ('feature', 'signal', 'chunk')}
        return Trace(self.key, self.task, self.cause, self.is_failure, **rows)

    def save(self, path: Path) -> None:
        """Write one npz atomically."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix('.partial.npz')
        np.savez_compressed(
            part,
            feature=self.feature.astype(np.float32),
            signal=self.signal.astype(np.float32),
            chunk=self.chunk.astype(np.float16),
            signals=np.array(SIGNALS),
        )
        part.replace(path)


def load(folder: Path) -> tuple[Binding, list[Trace]]:
    """Return the binding of a folder's rollouts, and the rollouts by key."""
    if not (folder / ABOUT).is_file() or not (folder / LOG).is_file():
        raise UserError(f'{folder} contains no rollouts: run ./vla rollouts --out {folder}')
    about = json.loads((folder / ABOUT).read_text(encoding='utf-8'))
    rows = [json.loads(line) for line in (folder / LOG).read_text().splitlines() if line]
    used = {row['key']: row for row in rows if row.get('file')}
    traces = [_read(folder, row) for _, row in sorted(used.items())]
    return Binding(**about['binding']), [trace for trace in traces if len(trace)]


def _read(folder: Path, row: dict[str, object]) -> Trace:
    path = folder / str(row['file'])
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in ('feature', 'signal', 'chunk')}
            signals = tuple(str(name) for name in stored['signals'])
    except (OSError, KeyError, ValueError) as error:
        raise UserError(f'{path}: cannot be read: {error}') from error
    if signals != SIGNALS:
        raise UserError(f'{path}: free signals of another version; record the rollouts again')
    return Trace(
        str(row['key']), str(row['task']), str(row['cause']), not row['success'],
        **{name: values.astype(np.float32) for name, values in arrays.items()},
    )  # fmt: skip


def by_task(traces: Sequence[Trace]) -> dict[str, list[Trace]]:
    """Return the rollouts by task, tasks sorted by name."""
    return {
        name: [trace for trace in traces if trace.task == name]
        for name in sorted({trace.task for trace in traces})
    }


def length_matched(traces: Sequence[Trace]) -> list[Trace]:
    """Return every rollout cut to the shortest of its task.

    Successes end early and failures run on: without this cut, time alone would separate them
    (SAFE, arXiv 2506.09937, evaluation protocol).
    """
    shortest = {name: min(map(len, group)) for name, group in by_task(traces).items()}
    return [trace.cut(shortest[trace.task]) for trace in traces]
