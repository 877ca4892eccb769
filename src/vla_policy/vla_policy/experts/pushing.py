"""Experts that use the closed hand: push a thing aside, press a button, slide a drawer."""

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
}  # unit vectors x y, base_link
LOWEST = 0.018  # m, of the tcp
BEHIND = 0.03  # m, gap to the thing when coming down behind it
BEHIND_BAR = 0.005  # m, the same behind the bar of a handle, where there is little room
PUSH_LENGTH = 0.11  # m, from where the thing was at first
SPEED = 0.07  # m/s, of a push
ASIDE = 0.02  # m, off the line of the push at most
PRESS_DEPTH = 0.007  # m, of the tcp below the top of the button as it was at first
PRESSED = 0.0015  # m, deep enough
OPEN_LENGTH = 0.105  # m, of a drawer
CLOSE_LENGTH = 0.13  # m, of a drawer: up to its stop


@dataclass(frozen=True)
class Stroke:
    """A straight move of a thing by a closed hand behind it."""

    thing: GroundedObject
    way: Array  # (2,) unit vector, base_link
    length: float  # m, from where the thing was at first
    height: float  # m, of the tcp
    behind: float  # m, gap to the thing when coming down
    yaw: float  # rad
    slack: float = 0.02  # m, the tool is low enough below this much above `height`


def push(s: ObjectState) -> Aim:
    """Return what to do next to bring the target to its side."""
    if s.target is None or s.side not in SIDES:
        return retreat(s, 0.0, 'look')
    height = float(np.clip(0.4 * s.target.size[2], LOWEST, 0.035))
    way = SIDES[s.side]
    return shove(s, Stroke(s.target, way, PUSH_LENGTH, height, BEHIND, straight_yaw(s.yaw)))


def press(s: ObjectState) -> Aim:
    """Return what to do next to press the target down once."""
    if s.target is None or s.lowest <= -PRESSED:
        return retreat(s, 0.0, 'retreat')
    button = s.target
    height = top(button) - PRESS_DEPTH
    place = Site(button.position[:2], height, straight_yaw(s.yaw), tolerance=0.012)
    return approach(s, place, 0.0, f'press the {button.label}')


def slide(s: ObjectState) -> Aim:
    """Return what to do next to open or close the drawer whose handle is the target."""
    if s.target is None:
        return retreat(s, 0.0, 'look')
    handle = s.target
    way = outwards(handle, s.around)
    height = float(handle.position[2] - BELOW_BAR)
    yaw = straight_yaw(s.yaw - np.arctan2(way[1], way[0])) + float(np.arctan2(way[1], way[0]))
    if s.verb == Verb.CLOSE:
        return shove(s, Stroke(handle, -way, CLOSE_LENGTH, height, BEHIND, yaw))
    return shove(s, Stroke(handle, way, OPEN_LENGTH, height, BEHIND_BAR, yaw, 0.01))


def shove(s: ObjectState, stroke: Stroke) -> Aim:
    """Return the aim that makes the stroke: over, down behind the thing, along, up."""
    thing, way = stroke.thing, stroke.way
    done = float((thing.position[:2] - s.start[:2]) @ way)
    if done >= stroke.length - 0.005:
        return retreat(s, 0.0, 'retreat')
    reach = half_width(thing, way) + FINGER
    offset = s.tcp[:2] - thing.position[:2]
    along = float(offset @ way)
    aside = float(np.hypot(*(offset - along * way)))
    is_low = s.tcp[2] <= stroke.height + stroke.slack
    if is_low and -reach - BEHIND - ASIDE <= along <= 0.015 - reach and aside <= ASIDE:
        ahead = thing.position[:2] + (stroke.length - done + 0.01 - reach) * way
        return Aim(np.r_[ahead, stroke.height], stroke.yaw, 0.0, SPEED, f'push the {thing.label}')
    behind = thing.position[:2] - (reach + stroke.behind) * way
    tolerance = min(0.008, stroke.behind)
    place = Site(behind, stroke.height, stroke.yaw, tolerance=tolerance)
    return approach(s, place, 0.0, f'go behind the {thing.label}')


def half_width(thing: GroundedObject, way: Array) -> float:
    """m, from the middle of the thing to its face along `way`."""
    if thing.shape in ('cylinder', 'ball'):
        return float(thing.size[0] / 2)
    c, s = np.cos(thing.yaw), np.sin(thing.yaw)
    x, y = c * way[0] + s * way[1], c * way[1] - s * way[0]
    return float((abs(x) * thing.size[0] + abs(y) * thing.size[1]) / 2)


def straight_yaw(yaw: float) -> float:
    """rad, the multiple of a quarter turn near `yaw`, a little nearer to 0."""
    return float(np.pi / 2 * np.round(0.8 * yaw / (np.pi / 2)))
