"""Chunks, features, targets and the state of control."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from vla_core.frozen import Array
from vla_core.records.action import (
    EE_NAMES,
    ActionChunk,
    ControlState,
    PolicyFeatures,
    Space,
    Target,
)
from vla_interfaces import msg
from vla_ros.convert.fields import BASE, BadMessage, finite, floats
from vla_ros.convert.table import (
    UNCHECKED_ARRAY,
    Entry,
    MessageCheck,
    MessageTable,
    equal_lengths,
    framed,
    limited,
    stamp,
    time,
)

Chunks = tuple[ActionChunk, ...]


def _complete(values: Array, rows: int, names: Sequence[str], space: int) -> None:
    if rows == 0 or not names:
        raise BadMessage('the chunk is empty')
    if len(values) != rows * len(names):
        raise BadMessage(f'{len(values)} values are not {rows} x {len(names)}')
    if space in (Space.EE_DELTA, Space.EE_POSE) and tuple(names) != EE_NAMES:
        raise BadMessage(f'columns {tuple(names)} are not {EE_NAMES}')


def _rows(values: Array, rows: int, names: Sequence[str], name: str) -> Array:
    """Return the values (rows, names) of a chunk."""
    return finite(np.array(values, dtype=np.float64).reshape(rows, len(names)), name)


@cache
def chunk_table(frame: str) -> MessageTable[ActionChunk]:
    """Chunks of a robot with this base frame."""
    return MessageTable(
        ActionChunk, msg.ActionChunk,
        framed(frame), MessageCheck(_complete, ('values', 'horizon', 'names', 'space')),
        stamp=stamp(frame),
        start=time('start'),
        step=limited(1e-4, 10.0),
        values=Entry(
            lambda rows: (floats(rows), len(rows)), _rows, ('values', 'horizon'), also=('names',)
        ),
    )  # fmt: skip


CHUNK = chunk_table(BASE)


@dataclass(frozen=True)
class CandidatesTable:
    """The candidates of one inference, each converted by `chunks`."""

    chunks: MessageTable[ActionChunk]

    def to_msg(self, record: Chunks) -> msg.ChunkCandidates:
        chunks = [self.chunks.to_msg(chunk) for chunk in record]
        first = chunks[0]
        return msg.ChunkCandidates(
            header=first.header, task_id=first.task_id, plan=first.plan_step, chunks=chunks
        )

    def from_msg(self, message: msg.ChunkCandidates) -> Chunks:
        if not message.chunks:
            raise BadMessage('no candidates')
        return tuple(self.chunks.from_msg(chunk) for chunk in message.chunks)


def candidates_table(frame: str) -> CandidatesTable:
    """Candidates of a robot with this base frame."""
    return CandidatesTable(chunk_table(frame))


CANDIDATES = candidates_table(BASE)


@cache
def features_table(frame: str) -> MessageTable[PolicyFeatures]:
    """Features of the policy of a robot with this base frame."""
    return MessageTable(
        PolicyFeatures, msg.PolicyFeatures,
        stamp=stamp(frame),
        feature=Entry(
            lambda value: array('f', np.asarray(value, np.float32).tobytes()),
            lambda value, name: finite(np.array(value, dtype=np.float32), name),
        ),
    )  # fmt: skip


FEATURES = features_table(BASE)


@cache
def target_table(frame: str) -> MessageTable[Target]:
    """Targets for a robot with this base frame."""
    return MessageTable(  # numbers that are not finite pass: the shield brakes on them at once
        Target, msg.Target, equal_lengths('position', 'velocity', 'names'),
        stamp=stamp(frame), position=UNCHECKED_ARRAY, velocity=UNCHECKED_ARRAY,
        chunk_stamp=time('chunk_stamp'),
    )  # fmt: skip


TARGET = target_table(BASE)


def _point(x: float, y: float, z: float, name: str) -> Array:
    return finite(np.array([x, y, z]), name)


def xyz(path: str, read: Callable[..., Any] = _point) -> Entry:
    """Return the entry of a position or size (3,) in the point or vector at `path`."""
    paths = tuple(f'{path}.{axis}' for axis in 'xyz')
    return Entry(lambda value: tuple(map(float, value)), read, paths)


@cache
def control_state_table(frame: str) -> MessageTable[ControlState]:
    """The state of control of a robot with this base frame."""
    return MessageTable(
        ControlState, msg.ControlState, framed(frame),
        stamp=stamp(frame),
        tcp=xyz('tcp', lambda *values: tuple(_point(*values).tolist())),
        gripper=limited(),
        lateness=limited(),
    )  # fmt: skip


CONTROL_STATE = control_state_table(BASE)
