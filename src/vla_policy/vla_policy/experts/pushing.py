"""Experts with the closed gripper: push an object, press a button, slide a drawer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_core.frozen import Array
from vla_core.records.scene import GroundedObject, Verb
from vla_policy.experts.approach import Aim, Site, approach, retreat
from vla_policy.objects.drawer import BELOW_BAR, FINGER, outwards
from vla_policy.objects.situation import ObjectState, top

SIDES = {
    'left': np.array([0.0, 1.0]),
    'right': np.array([0.0, -1.0]),
    'forward': np.array([1.0, 0.0]),
    'back': np.array([-1.0, 0.0]),
}  # unit vectors x y, base frame
LOWEST = 0.018  # m, of the tcp
BEHIND = 0.03  # m, gap to the object when descending behind it
BEHIND_BAR = 0.005  # m, gap behind the bar of a handle, where space is small
PUSH_LENGTH = 0.11  # m, from the object's initial position
SPEED = 0.07  # m/s, of a push
ASIDE = 0.02  # m, largest lateral offset from the push line
PRESS_DEPTH = 0.007  # m, tcp below the initial top of the button
PRESSED = 0.0015  # m, depth of a completed press
OPEN_LENGTH = 0.105  # m, of a drawer
CLOSE_LENGTH = 0.13  # m, of a drawer: up to its stop


@dataclass(frozen=True)
class Stroke:
    """A straight push of an object by the closed gripper behind it."""

    obj: GroundedObject
    direction: Array  # (2,) unit vector, base frame
    length: float  # m, from the object's initial position
    height: float  # m, of the tcp
    behind: float  # m, gap to the object when descending
    yaw: float  # rad
    slack: float = 0.02  # m, height above `height` at which the tool is low enough


def push(s: ObjectState) -> Aim:
    """Return the next aim to push the target to its side."""
    if s.target is None or s.side not in SIDES:
        return retreat(s, 0.0, 'look')
    height = float(np.clip(0.4 * s.target.size[2], LOWEST, 0.035))
    direction = SIDES[s.side]
    return shove(s, Stroke(s.target, direction, PUSH_LENGTH, height, BEHIND, straight_yaw(s.yaw)))


def press(s: ObjectState) -> Aim:
    """Return the next aim to press the target once."""
    if s.target is None or s.lowest <= -PRESSED:
        return retreat(s, 0.0, 'retreat')
    button = s.target
    height = top(button) - PRESS_DEPTH
    place = Site(button.position[:2], height, straight_yaw(s.yaw), tolerance=0.012)
    return approach(s, place, 0.0, f'press the {button.label}')


def slide(s: ObjectState) -> Aim:
    """Return the next aim to open or close the drawer whose handle is the target."""
    if s.target is None:
        return retreat(s, 0.0, 'look')
    handle = s.target
    direction = outwards(handle, s.around)
    height = float(handle.position[2] - BELOW_BAR)
    yaw = straight_yaw(s.yaw - np.arctan2(direction[1], direction[0])) + float(
        np.arctan2(direction[1], direction[0])
    )
    if s.verb == Verb.CLOSE:
        return shove(s, Stroke(handle, -direction, CLOSE_LENGTH, height, BEHIND, yaw))
    return shove(s, Stroke(handle, direction, OPEN_LENGTH, height, BEHIND_BAR, yaw, 0.01))


def shove(s: ObjectState, stroke: Stroke) -> Aim:
    """Return the next aim of the stroke: across, down behind the object, along, up."""
    obj, direction = stroke.obj, stroke.direction
    done = float((obj.position[:2] - s.start[:2]) @ direction)
    if done >= stroke.length - 0.005:
        return retreat(s, 0.0, 'retreat')
    reach = half_width(obj, direction) + FINGER
    offset = s.tcp[:2] - obj.position[:2]
    along = float(offset @ direction)
    aside = float(np.hypot(*(offset - along * direction)))
    is_low = s.tcp[2] <= stroke.height + stroke.slack
    if is_low and -reach - BEHIND - ASIDE <= along <= 0.015 - reach and aside <= ASIDE:
        ahead = obj.position[:2] + (stroke.length - done + 0.01 - reach) * direction
        return Aim(np.r_[ahead, stroke.height], stroke.yaw, 0.0, SPEED, f'push the {obj.label}')
    behind = obj.position[:2] - (reach + stroke.behind) * direction
    tolerance = min(0.008, stroke.behind)
    place = Site(behind, stroke.height, stroke.yaw, tolerance=tolerance)
    return approach(s, place, 0.0, f'go behind the {obj.label}')


def half_width(obj: GroundedObject, direction: Array) -> float:
    """m, from the middle of the object to its face along `direction`."""
    if obj.shape in ('cylinder', 'ball'):
        return float(obj.size[0] / 2)
    c, s = np.cos(obj.yaw), np.sin(obj.yaw)
    x, y = c * direction[0] + s * direction[1], c * direction[1] - s * direction[0]
    return float((abs(x) * obj.size[0] + abs(y) * obj.size[1]) / 2)


def straight_yaw(yaw: float) -> float:
    """rad, the multiple of a quarter turn near `yaw`, a little nearer to 0."""
    return float(np.pi / 2 * np.round(0.8 * yaw / (np.pi / 2)))
