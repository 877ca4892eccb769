"""Chunks, features, targets and the state of control."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
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


CHUNK = MessageTable(
    ActionChunk, msg.ActionChunk,
    framed(BASE), MessageCheck(_complete, ('values', 'horizon', 'names', 'space')),
    stamp=stamp(BASE),
    start=time('start'),
    step=limited(1e-4, 10.0),
    values=Entry(
        lambda rows: (floats(rows), len(rows)), _rows, ('values', 'horizon'), also=('names',)
    ),
)  # fmt: skip


def candidates_to_msg(record: Chunks) -> msg.ChunkCandidates:
    chunks = [CHUNK.to_msg(chunk) for chunk in record]
    first = chunks[0]
    return msg.ChunkCandidates(
        header=first.header, task_id=first.task_id, plan=first.plan_step, chunks=chunks
    )


def candidates_from_msg(message: msg.ChunkCandidates) -> Chunks:
    if not message.chunks:
        raise BadMessage('no candidates')
    return tuple(CHUNK.from_msg(chunk) for chunk in message.chunks)


FEATURES = MessageTable(
    PolicyFeatures, msg.PolicyFeatures,
    stamp=stamp(BASE),
    feature=Entry(
        lambda value: array('f', np.asarray(value, np.float32).tobytes()),
        lambda value, name: finite(np.array(value, dtype=np.float32), name),
    ),
)  # fmt: skip

TARGET = MessageTable(  # numbers that are not finite pass: the shield brakes on them at once
    Target, msg.Target, equal_lengths('position', 'velocity', 'names'),
    stamp=stamp(BASE), position=UNCHECKED_ARRAY, velocity=UNCHECKED_ARRAY,
    chunk_stamp=time('chunk_stamp'),
)  # fmt: skip


def _point(x: float, y: float, z: float, name: str) -> Array:
    return finite(np.array([x, y, z]), name)


def xyz(path: str, read: Callable[..., Any] = _point) -> Entry:
    """Return the entry of a position or size (3,) in the point or vector at `path`."""
    paths = tuple(f'{path}.{axis}' for axis in 'xyz')
    return Entry(lambda value: tuple(map(float, value)), read, paths)


CONTROL_STATE = MessageTable(
    ControlState, msg.ControlState,
    stamp=stamp(BASE),
    tcp=xyz('tcp', lambda *values: tuple(_point(*values).tolist())),
    gripper=limited(),
    lateness=limited(),
)  # fmt: skip
