"""Objects, scenes and parsed tasks."""

from __future__ import annotations

import math

import numpy as np
from geometry_msgs.msg import Quaternion, Vector3

from vla_core.frozen import Array
from vla_core.records.scene import GroundedObject, GroundedScene, ParsedTask, Phrase, Verb
from vla_interfaces import msg
from vla_ros.convert.action import point_msg, xyz
from vla_ros.convert.fields import BASE, BadMessage, number
from vla_ros.convert.table import (
    Field,
    MessageTable,
    Spread,
    in_base,
    limited,
    nested,
    sequence,
    stamp,
)


def _phrase(prefix: str) -> Spread:
    """Return the entry of a phrase, whose parts are `prefix`_text and so on in the message."""
    slots = ('text', 'colour', 'shape', 'size')
    return Spread(
        lambda phrase: {f'{prefix}_{slot}': getattr(phrase, slot) for slot in slots},
        lambda message: Phrase(*(getattr(message, f'{prefix}_{slot}') for slot in slots)),
    )


def _verb(value: str, _: str) -> Verb:
    known = [verb.value for verb in Verb]
    if value not in known:
        raise BadMessage(f'verb {value!r}; known: {", ".join(known)}')
    return Verb(value)


PARSED_TASK = MessageTable(
    ParsedTask, msg.ParsedTask,
    verb=Field(lambda verb: verb.value, _verb),
    target=_phrase('target'),
    destination=_phrase('destination'),
)  # fmt: skip


def _orientation(yaw: float) -> Quaternion:
    return Quaternion(z=math.sin(yaw / 2), w=math.cos(yaw / 2))


def _yaw(q: Quaternion, _: str) -> float:
    """Return the rotation about z, rad."""
    if not abs(q.x**2 + q.y**2 + q.z**2 + q.w**2 - 1.0) <= 1e-3:
        raise BadMessage('quaternion is not of unit length')
    return 2.0 * math.atan2(q.z, q.w)


def _covariance(sigma: float) -> Array:
    """Return a (36,) pose covariance with the standard deviation `sigma` m of the position."""
    covariance = np.zeros(36)
    covariance[[0, 7, 14]] = float(sigma) ** 2
    return covariance


OBJECT = MessageTable(
    GroundedObject, msg.GroundedObject,
    score=limited(0.0, 1.0),
    position=Field(point_msg, xyz, 'pose.pose.position'),
    yaw=Field(_orientation, _yaw, 'pose.pose.orientation'),
    size=Field(lambda v: Vector3(**dict(zip('xyz', map(float, v), strict=True))), xyz),
    sigma=Field(
        _covariance,
        lambda value, _: math.sqrt(number(float(value[0]), 'covariance', lo=0.0)),
        'pose.covariance',
    ),
    box=Field(
        lambda value: np.array(value, dtype=np.float64),
        lambda value, _: tuple(float(v) for v in value),
    ),
)  # fmt: skip

SCENE = MessageTable(
    GroundedScene, msg.GroundedScene, in_base,
    stamp=stamp(BASE),
    task=nested(PARSED_TASK),
    objects=sequence(OBJECT),
    valid_depth=limited(0.0, 1.0),
    latency=limited(),
)  # fmt: skip
