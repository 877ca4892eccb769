"""Kinematic simulation of a tool that follows an aim, with the object it holds or pushes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vla_core.frozen import Array
from vla_core.records.scene import GroundedObject, Verb
from vla_policy.experts.approach import Aim
from vla_policy.experts.pushing import SIDES, half_width
from vla_policy.objects.drawer import FINGER, outwards
from vla_policy.objects.situation import AT, ObjectState, moved, top

ACCELERATION = 0.6  # m/s²
GAIN = 5.0  # 1/s, speed per distance left
TURN_SPEED = 1.2  # rad/s
TURN_ACCELERATION = 5.0  # rad/s²
GRIP_SPEED = 0.1  # m/s, of the opening


def advance(s: ObjectState, aim: Aim, dt: float) -> ObjectState:
    """Return the state `dt` s later when the tool follows the aim."""
    velocity = _towards(aim.position - s.tcp, aim.speed)
    velocity = s.velocity + _capped(velocity - s.velocity, ACCELERATION * dt)
    turn = float(np.clip(GAIN * (aim.yaw - s.yaw), -TURN_SPEED, TURN_SPEED))
    turn = s.yaw_rate + float(np.clip(turn - s.yaw_rate, -1, 1)) * min(1.0, TURN_ACCELERATION * dt)
    tcp = s.tcp + velocity * dt
    opening = _grip(s, aim, dt)
    after = replace(
        s, tcp=tcp, velocity=velocity, yaw=s.yaw + turn * dt, yaw_rate=turn, opening=opening,
        rate=(opening - s.opening) / dt, target=_carried(s, tcp),
    )  # fmt: skip
    return replace(after, lowest=_lowest(after))


def _towards(gap: Array, speed: float) -> Array:
    distance = float(np.linalg.norm(gap))
    if distance < 1e-9:
        return np.zeros(3)
    brake = np.sqrt(1.2 * ACCELERATION * distance)
    return gap / distance * min(speed, GAIN * distance, brake)


def _capped(vector: Array, length: float) -> Array:
    norm = float(np.linalg.norm(vector))
    return vector if norm <= length else vector * (length / norm)


def _grip(s: ObjectState, aim: Aim, dt: float) -> float:
    most = GRIP_SPEED * dt
    opening = s.opening + float(np.clip(aim.opening - s.opening, -most, most))
    obj = s.target
    if obj is not None and aim.opening < s.opening and is_between(s, obj):
        width = _width_across(obj, s.yaw)
        opening = max(opening, min(s.opening, width))
    return opening


def is_between(s: ObjectState, obj: GroundedObject) -> bool:
    """True when the object is between the fingers."""
    away = s.tcp - obj.position
    return bool(np.hypot(away[0], away[1]) <= AT and abs(away[2]) <= obj.size[2] / 2 + 0.005)


def _width_across(obj: GroundedObject, yaw: float) -> float:
    if obj.shape != 'cube':
        return float(min(obj.size[:2]))
    across = abs(np.sin(yaw - obj.yaw))  # 0: the fingers close along the object's y
    return float(obj.size[0] if across > 0.7 else obj.size[1])


def _carried(s: ObjectState, tcp: Array) -> GroundedObject | None:
    """Return the target after the tool moved to `tcp`: carried when held, else pushed."""
    obj = s.target
    if obj is None:
        return None
    if s.is_holding:
        return moved(obj, obj.position + tcp - s.tcp)
    direction = _stroke_direction(s, obj)
    if direction is None or tcp[2] > obj.position[2] + obj.size[2] / 2 + 0.008:
        return obj
    offset = obj.position[:2] - tcp[:2]
    along = float(offset @ direction)
    reach = half_width(obj, direction) + FINGER
    is_touched = 0.0 < along < reach and np.hypot(*(offset - along * direction)) < reach
    if not is_touched:
        return obj
    return moved(obj, np.r_[obj.position[:2] + (reach - along) * direction, obj.position[2]])


def _stroke_direction(s: ObjectState, obj: GroundedObject) -> Array | None:
    if s.verb == Verb.PUSH:
        return SIDES.get(s.side)
    if s.verb in (Verb.OPEN, Verb.CLOSE):
        direction = outwards(obj, s.around)
        return direction if s.verb == Verb.OPEN else -direction
    return None


def _lowest(s: ObjectState) -> float:
    if s.target is None or np.hypot(*(s.tcp[:2] - s.start[:2])) > 0.03:
        return s.lowest
    first_top = s.start[2] + top(s.target) - s.target.position[2]
    return min(s.lowest, float(s.tcp[2] - first_top))
