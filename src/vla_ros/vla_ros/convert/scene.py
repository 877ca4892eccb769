"""Objects and scenes."""

from __future__ import annotations

import math

import numpy as np
from geometry_msgs.msg import Vector3

from vla_core.records.scene import (
    GroundedObject,
    GroundedScene,
    ParsedTask,
    Phrase,
    Role,
    TargetStatus,
    Verb,
)
from vla_interfaces import msg
from vla_ros.convert.fields import BadMessage, finite, framed, header, member, number, stamp_of

SLOTS = ('text', 'colour', 'shape', 'size')  # of a phrase


def object_to_msg(record: GroundedObject) -> msg.GroundedObject:
    message = msg.GroundedObject(
        id=int(record.id),
        label=record.label,
        colour=record.colour,
        shape=record.shape,
        role=int(record.role),
        score=float(record.score),
        box=np.array(record.box, dtype=np.float64),
        is_visible=bool(record.is_visible),
        is_held=bool(record.is_held),
    )
    pose = message.pose.pose
    pose.position.x, pose.position.y, pose.position.z = (float(v) for v in record.position)
    pose.orientation.z, pose.orientation.w = math.sin(record.yaw / 2), math.cos(record.yaw / 2)
    covariance = np.zeros(36)
    covariance[[0, 7, 14]] = record.sigma**2
    message.pose.covariance = covariance
    message.size = Vector3(**dict(zip('xyz', map(float, record.size), strict=True)))
    return message


def object_from_msg(message: msg.GroundedObject) -> GroundedObject:
    pose, size = message.pose.pose, message.size
    q = pose.orientation
    norm = q.x**2 + q.y**2 + q.z**2 + q.w**2
    if not abs(norm - 1.0) <= 1e-3:
        raise BadMessage('quaternion is not of unit length')
    position = np.array([pose.position.x, pose.position.y, pose.position.z])
    return GroundedObject(
        id=message.id,
        label=message.label,
        colour=message.colour,
        shape=message.shape,
        role=member(Role, message.role, 'role'),
        score=number(message.score, 'score', 0.0, 1.0),
        position=finite(position, 'position'),
        yaw=2.0 * math.atan2(q.z, q.w),
        size=finite(np.array([size.x, size.y, size.z]), 'size'),
        sigma=math.sqrt(number(float(message.pose.covariance[0]), 'covariance', lo=0.0)),
        box=tuple(float(v) for v in message.box),  # type: ignore[arg-type]  # float64[4]
        is_visible=message.is_visible,
        is_held=message.is_held,
    )


def parsed_to_msg(record: ParsedTask) -> msg.ParsedTask:
    message = msg.ParsedTask(verb=record.verb.value, side=record.side)
    for slot in SLOTS:
        setattr(message, f'target_{slot}', getattr(record.target, slot))
        setattr(message, f'destination_{slot}', getattr(record.destination, slot))
    return message


def parsed_from_msg(message: msg.ParsedTask) -> ParsedTask:
    known = [verb.value for verb in Verb]
    if message.verb not in known:
        raise BadMessage(f'verb {message.verb!r}; known: {", ".join(known)}')
    target, destination = (
        Phrase(*(getattr(message, f'{part}_{slot}') for slot in SLOTS))
        for part in ('target', 'destination')
    )
    return ParsedTask(Verb(message.verb), target, destination, message.side)


def scene_to_msg(record: GroundedScene) -> msg.GroundedScene:
    return msg.GroundedScene(
        header=header(record.stamp),
        task_id=record.task_id,
        task=parsed_to_msg(record.task),
        objects=[object_to_msg(thing) for thing in record.objects],
        target_status=int(record.target_status),
        reason=record.reason,
        trouble=record.trouble,
        valid_depth=float(record.valid_depth),
        latency=float(record.latency),
    )


def scene_from_msg(message: msg.GroundedScene) -> GroundedScene:
    framed(message)
    return GroundedScene(
        stamp=stamp_of(message),
        task_id=message.task_id,
        task=parsed_from_msg(message.task),
        objects=tuple(object_from_msg(thing) for thing in message.objects),
        target_status=member(TargetStatus, message.target_status, 'target_status'),
        reason=message.reason,
        trouble=message.trouble,
        valid_depth=number(message.valid_depth, 'valid_depth', 0.0, 1.0),
        latency=number(message.latency, 'latency'),
    )
