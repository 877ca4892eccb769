"""Gripper geometry relative to an object: object between the fingers, fingers in collision.

For the parallel gripper in urdf/parallel_gripper.xacro, with the tool pointing down; the pads
close along the tool's y.
"""

from __future__ import annotations

import math

import numpy as np

from vla_core.frozen import Array
from vla_core.records.scene import GroundedObject

PAD = 0.011  # m, half the width of a pad, along the tool's x
THICK = 0.008  # m, of a pad, along the tool's y
TIP = 0.008  # m, the pads end this far below the tcp
GRIP = 0.006  # m, of a pad that must overlap an object to hold it
FINGER = 0.011  # m, half the thickness of the closed gripper
DOUBT = 0.005  # m, perception error: a smaller overlap is ignored


def top(obj: GroundedObject) -> float:
    """m, height of its upper face; a button is placed by the top of its dome."""
    return float(obj.position[2] + (0.0 if obj.shape == 'button' else obj.size[2] / 2))


def half_along(obj: GroundedObject, direction: Array) -> float:
    """m, from the middle of the object to its face along the unit vector `direction` (2,)."""
    if obj.shape in ('cylinder', 'ball'):
        return float(obj.size[0] / 2)
    c, s = math.cos(obj.yaw), math.sin(obj.yaw)
    x, y = c * direction[0] + s * direction[1], c * direction[1] - s * direction[0]
    return float((abs(x) * obj.size[0] + abs(y) * obj.size[1]) / 2)


def axes(yaw: float) -> tuple[Array, Array]:
    """Return (2,) the tool's x axis and the closing axis of the fingers."""
    c, s = math.cos(yaw), math.sin(yaw)
    return np.array([c, s]), np.array([-s, c])


def width_between(obj: GroundedObject, yaw: float) -> float:
    """m, finger opening when the object is held at this yaw."""
    return 2.0 * half_along(obj, axes(yaw)[1])


def is_between(tcp: Array, yaw: float, opening: float, obj: GroundedObject) -> bool:
    """True when fingers that close from `opening` m enclose the object."""
    along, across = axes(yaw)
    away = obj.position[:2] - tcp[:2]
    room = opening / 2 - half_along(obj, across)
    is_beside = abs(float(away @ across)) <= room + DOUBT
    is_across = abs(float(away @ along)) <= half_along(obj, along) + PAD - GRIP
    is_low = tcp[2] - TIP <= top(obj) - GRIP
    is_high = tcp[2] - TIP >= obj.position[2] - obj.size[2] / 2 - GRIP
    return bool(is_beside and is_across and is_low and is_high)


def is_hit(tcp: Array, yaw: float, opening: float, obj: GroundedObject) -> bool:
    """True when a finger overlaps the object."""
    if tcp[2] - TIP >= top(obj) - DOUBT:
        return False
    along, across = axes(yaw)
    away = obj.position[:2] - tcp[:2]
    if abs(float(away @ along)) >= half_along(obj, along) + PAD - DOUBT:
        return False
    middle, half = float(away @ across), half_along(obj, across)
    offset = (opening + THICK) / 2  # of the middle of each finger
    reach = THICK / 2 + half - DOUBT
    return bool(abs(middle - offset) < reach or abs(middle + offset) < reach)
