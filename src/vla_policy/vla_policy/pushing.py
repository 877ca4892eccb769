"""Experts that touch a thing with the closed hand: push it aside, press a button, slide a drawer."""

from __future__ import annotations

import numpy as np

from vla_core.frozen import Array
from vla_core.scene import GroundedObject, Verb
from vla_policy.approach import OPEN, Aim, Place, approach, retreat
from vla_policy.situation import Situation, top

SIDES = {
    'left': np.array([0.0, 1.0]),
    'right': np.array([0.0, -1.0]),
    'forward': np.array([1.0, 0.0]),
    'back': np.array([-1.0, 0.0]),
}  # unit vectors x y, base_link
FINGER = 0.011  # m, half the thickness of the closed fingers
BEHIND = 0.03  # m, gap to the thing when coming down behind it
LOWEST = 0.018  # m, of the tcp
PUSH_LENGTH = 0.11  # m, from where the thing was at first
PUSH_SPEED = 0.07  # m/s
ASIDE = 0.02  # m, off the line of the push at most
PRESS_DEPTH = 0.012  # m, of the tcp below the top of the button as it was at first
PRESSED = 0.008  # m, deep enough
SLIDE_LENGTH = 0.10  # m, of a drawer
SLIDE_SPEED = 0.07  # m/s


def push(s: Situation) -> Aim:
    """Return what to do next to bring the target to its side."""
    if s.target is None or s.side not in SIDES:
        return retreat(s, 0.0, 'look')
    return shove(s, s.target, SIDES[s.side], PUSH_LENGTH)


def shove(s: Situation, thing: GroundedObject, way: Array, length: float) -> Aim:
    """Return the aim that moves the thing `length` m along the unit vector `way` from its start."""
    done = float((thing.position[:2] - s.start[:2]) @ way)
    if done >= length - 0.005:
        return retreat(s, 0.0, 'retreat')
    reach = half_width(thing, way) + FINGER
    height = float(np.clip(0.4 * thing.size[2], LOWEST, 0.035))
    offset = s.tcp[:2] - thing.position[:2]
    along = float(offset @ way)
    aside = offset - along * way
    is_low = s.tcp[2] <= height + 0.02
    if is_low and along <= 0.015 - reach and np.hypot(*aside) <= ASIDE:
        ahead = thing.position[:2] + (length - done + 0.01 - reach) * way
        return Aim(np.r_[ahead, height], straight_yaw(s), 0.0, PUSH_SPEED, f'push the {thing.label}')
    place = Place(thing.position[:2] - (reach + BEHIND) * way, height, straight_yaw(s))
    return approach(s, place, 0.0, f'go behind the {thing.label}')


def press(s: Situation) -> Aim:
    """Return what to do next to press the target down once."""
    if s.target is None or s.lowest <= -PRESSED:
        return retreat(s, 0.0, 'retreat')
    button = s.target
    place = Place(button.position[:2], top(button) - PRESS_DEPTH, straight_yaw(s), tolerance=0.012)
    return approach(s, place, 0.0, f'press the {button.label}')


def slide(s: Situation) -> Aim:
    """Return what to do next to open or close the drawer whose handle is the target."""
    if s.target is None:
        return retreat(s, OPEN, 'look')
    way = outwards(s.target)
    if s.verb == Verb.CLOSE:
        return shove(s, s.target, -way, SLIDE_LENGTH)
    return pull(s, s.target, way)


def pull(s: Situation, handle: GroundedObject, way: Array) -> Aim:
    """Return the aim that takes the handle between the fingers and draws it along `way`."""
    done = float((handle.position[:2] - s.start[:2]) @ way)
    if done >= SLIDE_LENGTH - 0.005:
        return retreat(s, OPEN, 'retreat')
    return retreat(s, OPEN, 'look')


def outwards(handle: GroundedObject) -> Array:
    """(2,) unit vector along which the drawer opens."""
    return np.array([np.cos(handle.yaw), np.sin(handle.yaw)])


def half_width(thing: GroundedObject, way: Array) -> float:
    """m, from the middle of the thing to its face along `way`."""
    if thing.shape in ('cylinder', 'ball'):
        return float(thing.size[0] / 2)
    c, s = np.cos(thing.yaw), np.sin(thing.yaw)
    x, y = c * way[0] + s * way[1], c * way[1] - s * way[0]
    return float((abs(x) * thing.size[0] + abs(y) * thing.size[1]) / 2)


def straight_yaw(s: Situation) -> float:
    """rad, the nearest yaw with the fingers along an axis of the table."""
    return float(np.pi / 2 * np.round(0.8 * s.yaw / (np.pi / 2)))
