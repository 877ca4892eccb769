"""The hand and a thing: is it between the fingers, do the fingers come down on it?

Of the parallel gripper in urdf/parallel_gripper.xacro, with the tool pointing down: pads close
along the tool's y.
"""

from __future__ import annotations

import math

import numpy as np

from vla_core.frozen import Array
from vla_core.records.scene import GroundedObject

PAD = 0.011  # m, half the width of a pad, along the tool's x
THICK = 0.008  # m, of a pad, along the tool's y
TIP = 0.008  # m, the pads end this far below the tcp
GRIP = 0.006  # m, of a pad that must overlap a thing to hold it
FINGER = 0.011  # m, half the thickness of the closed hand
DOUBT = 0.005  # m, what perception errs by: this much overlap is none


def top(thing: GroundedObject) -> float:
    """m, height of its upper face; a button is placed by the top of its dome."""
    return float(thing.position[2] + (0.0 if thing.shape == 'button' else thing.size[2] / 2))


def half_along(thing: GroundedObject, way: Array) -> float:
    """m, from the middle of the thing to its face along the unit vector `way` (2,)."""
    if thing.shape in ('cylinder', 'ball'):
        return float(thing.size[0] / 2)
    c, s = math.cos(thing.yaw), math.sin(thing.yaw)
    x, y = c * way[0] + s * way[1], c * way[1] - s * way[0]
    return float((abs(x) * thing.size[0] + abs(y) * thing.size[1]) / 2)


def axes(yaw: float) -> tuple[Array, Array]:
    """Return (2,) the tool's x and the line along which the fingers close."""
    c, s = math.cos(yaw), math.sin(yaw)
    return np.array([c, s]), np.array([-s, c])


def width_between(thing: GroundedObject, yaw: float) -> float:
    """m, that the fingers leave open when they hold the thing at this yaw."""
    return 2.0 * half_along(thing, axes(yaw)[1])


def is_between(tcp: Array, yaw: float, opening: float, thing: GroundedObject) -> bool:
    """True when fingers that close from `opening` m end up on both sides of the thing."""
    along, across = axes(yaw)
    away = thing.position[:2] - tcp[:2]
    room = opening / 2 - half_along(thing, across)
    is_beside = abs(float(away @ across)) <= room + DOUBT
    is_across = abs(float(away @ along)) <= half_along(thing, along) + PAD - GRIP
    is_low = tcp[2] - TIP <= top(thing) - GRIP
    is_high = tcp[2] - TIP >= thing.position[2] - thing.size[2] / 2 - GRIP
    return bool(is_beside and is_across and is_low and is_high)


def is_hit(tcp: Array, yaw: float, opening: float, thing: GroundedObject) -> bool:
    """True when a finger is where the thing is."""
    if tcp[2] - TIP >= top(thing) - DOUBT:
        return False
    along, across = axes(yaw)
    away = thing.position[:2] - tcp[:2]
    if abs(float(away @ along)) >= half_along(thing, along) + PAD - DOUBT:
        return False
    middle, half = float(away @ across), half_along(thing, across)
    offset = (opening + THICK) / 2  # of the middle of each finger
    reach = THICK / 2 + half - DOUBT
    return bool(abs(middle - offset) < reach or abs(middle + offset) < reach)
