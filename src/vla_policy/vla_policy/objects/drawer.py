"""The drawer's handle: slide direction, and position while the gripper occludes it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from vla_core.frozen import Array
from vla_core.records.scene import GroundedObject, GroundedScene, Role, Verb

FINGER = 0.011  # m, half the thickness of the closed fingers
BELOW_BAR = 0.008  # m, tcp below the middle of the bar during a slide
LOW = 0.018  # m, largest tcp height above that at which the tool touches the bar
BESIDE = 0.04  # m, largest lateral offset from the middle of the bar
LOST = 0.02  # m, a tool this far behind or past the bar does not move it


def outwards(handle: GroundedObject, others: Iterable[GroundedObject]) -> Array:
    """(2,) unit vector along which the drawer opens: across its bar, away from its housing."""
    along = handle.yaw + (np.pi / 2 if handle.size[1] <= handle.size[0] else 0.0)
    direction = np.array([np.cos(along), np.sin(along)])  # across the bar
    housing = next((obj for obj in others if obj.shape == 'housing'), None)
    away = handle.position[:2] - housing.position[:2] if housing else np.array([-1.0, 0.0])
    return direction if direction @ away >= 0.0 else -direction


def stroke_direction(scene: GroundedScene) -> Array | None:
    """(2,) unit vector along which the task moves the handle; None when it moves none."""
    handle = scene.by_role(Role.TARGET)
    if handle is None or scene.task.verb not in (Verb.OPEN, Verb.CLOSE):
        return None
    direction = outwards(handle, scene.objects)
    return direction if scene.task.verb == Verb.OPEN else -direction


def slid(tcp: Array, start: Array, direction: Array, before: float) -> float:
    """m, slide of the bar along `direction` from `start`, given the last slide `before`."""
    offset = tcp[:2] - start[:2]
    along = float(offset @ direction)
    reach = FINGER + 0.008  # half a typical bar
    is_low = tcp[2] <= start[2] - BELOW_BAR + LOW
    is_beside = np.hypot(*(offset - along * direction)) <= BESIDE
    is_behind = along <= before + LOST - reach  # not yet past the bar
    if not (is_low and is_beside and is_behind):
        return before
    return max(before, along + reach)
