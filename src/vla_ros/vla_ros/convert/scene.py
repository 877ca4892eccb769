"""Objects, scenes and parsed tasks."""

from __future__ import annotations

import math
from functools import cache
from operator import attrgetter

import numpy as np

from vla_core.frozen import Array
from vla_core.records.scene import GroundedObject, GroundedScene, ParsedTask, Phrase, Verb
from vla_interfaces import msg
from vla_ros.convert.action import xyz
from vla_ros.convert.fields import BASE, BadMessage, finite, number
from vla_ros.convert.table import Entry, MessageTable, framed, limited, nested, sequence, stamp


def _phrase(prefix: str) -> Entry:
    """Return the entry of a phrase, whose parts are `prefix`_text and so on in the message."""
    slots = ('text', 'colour', 'shape', 'size')
    paths = tuple(f'{prefix}_{slot}' for slot in slots)
    return Entry(attrgetter(*slots), lambda *values: Phrase(*values[:-1]), paths)


def _verb(value: str, _: str) -> Verb:
    known = [verb.value for verb in Verb]
    if value not in known:
        raise BadMessage(f'verb {value!r}; known: {", ".join(known)}')
    return Verb(value)


PARSED_TASK = MessageTable(
    ParsedTask, msg.ParsedTask,
    verb=Entry(lambda verb: verb.value, _verb),
    target=_phrase('target'),
    destination=_phrase('destination'),
)  # fmt: skip


def _yaw(x: float, y: float, z: float, w: float, _: str) -> float:
    """Return the rotation about z, rad."""
    if not abs(x**2 + y**2 + z**2 + w**2 - 1.0) <= 1e-3:
        raise BadMessage('quaternion is not of unit length')
    return 2.0 * math.atan2(z, w)


def _size(x: float, y: float, z: float, name: str) -> Array:
    """Return (3,) m; an object without extent would not be kept clear of."""
    if not min(x, y, z) > 0.0:
        raise BadMessage(f'{name} is {x:g} x {y:g} x {z:g} m: every side must be positive')
    return finite(np.array([x, y, z]), name)


def _covariance(sigma: float) -> Array:
    """Return a (36,) pose covariance with the standard deviation `sigma` m of the position."""
    covariance = np.zeros(36)
    covariance[[0, 7, 14]] = float(sigma) ** 2
    return covariance


OBJECT = MessageTable(
    GroundedObject, msg.GroundedObject,
    score=limited(0.0, 1.0),
    position=xyz('pose.pose.position'),
    yaw=Entry(
        lambda yaw: (0.0, 0.0, math.sin(yaw / 2), math.cos(yaw / 2)), _yaw,
        tuple(f'pose.pose.orientation.{axis}' for axis in 'xyzw'),
    ),
    size=xyz('size', _size),
    sigma=Entry(
        _covariance,
        lambda value, _: math.sqrt(number(float(value[0]), 'covariance', lo=0.0)),
        ('pose.covariance',),
    ),
    box=Entry(
        lambda value: np.array(value, dtype=np.float64),
        lambda value, _: tuple(float(v) for v in value),
    ),
)  # fmt: skip


@cache
def scene_table(frame: str) -> MessageTable[GroundedScene]:
    """Scenes of a robot with this base frame."""
    return MessageTable(
        GroundedScene, msg.GroundedScene, framed(frame),
        stamp=stamp(frame),
        task=nested(PARSED_TASK),
        objects=sequence(OBJECT),
        valid_depth=limited(0.0, 1.0),
        latency=limited(),
    )  # fmt: skip


SCENE = scene_table(BASE)
