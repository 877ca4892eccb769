"""Chunks, features, targets and the state of control."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
from geometry_msgs.msg import Point, Vector3

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
    TIME,
    UNCHECKED_ARRAY,
    Field,
    MessageTable,
    Spread,
    equal_lengths,
    in_base,
    limited,
    stamp,
)

Chunks = tuple[ActionChunk, ...]


def _chunk_is_complete(message: msg.ActionChunk) -> None:
    names, rows = tuple(message.names), message.horizon
    if rows == 0 or not names:
        raise BadMessage('the chunk is empty')
    if len(message.values) != rows * len(names):
        raise BadMessage(f'{len(message.values)} values are not {rows} x {len(names)}')
    if message.space in (Space.EE_DELTA, Space.EE_POSE) and names != EE_NAMES:
        raise BadMessage(f'columns {names} are not {EE_NAMES}')


def _rows(message: msg.ActionChunk) -> Array:
    """Return the values (horizon, names) of a chunk."""
    return finite(np.array(message.values).reshape(message.horizon, len(message.names)), 'values')


CHUNK = MessageTable(
    ActionChunk, msg.ActionChunk, in_base, _chunk_is_complete,
    stamp=stamp(BASE),
    start=TIME,
    step=limited(1e-4, 10.0),
    values=Spread(lambda rows: {'values': floats(rows), 'horizon': len(rows)}, _rows),
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
    feature=Field(
        lambda value: array('f', np.asarray(value, np.float32).tobytes()),
        lambda value, name: finite(np.array(value, dtype=np.float32), name),
    ),
)  # fmt: skip

TARGET = MessageTable(  # numbers that are not finite pass: the shield brakes on them at once
    Target, msg.Target, equal_lengths('position', 'velocity', 'names'),
    stamp=stamp(BASE), position=UNCHECKED_ARRAY, velocity=UNCHECKED_ARRAY, chunk_stamp=TIME,
)  # fmt: skip


def point_msg(value: Any) -> Point:
    x, y, z = value
    return Point(x=float(x), y=float(y), z=float(z))


def xyz(value: Point | Vector3, name: str) -> Array:
    """Return (3,) of a point or vector."""
    return finite(np.array([value.x, value.y, value.z]), name)


CONTROL_STATE = MessageTable(
    ControlState, msg.ControlState,
    stamp=stamp(BASE),
    tcp=Field(point_msg, lambda value, name: tuple(xyz(value, name).tolist())),
    gripper=limited(),
    lateness=limited(),
)  # fmt: skip
