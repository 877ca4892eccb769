"""The drawer's handle: which way it slides, and where it is while the hand hides it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from vla_core.frozen import Array
from vla_core.records.scene import GroundedObject, GroundedScene, Role, Verb

FINGER = 0.011  # m, half the thickness of the closed fingers
BELOW_BAR = 0.008  # m, of the tcp below the middle of the bar while it slides
LOW = 0.018  # m, the tcp is at the bar when no farther than this above that
BESIDE = 0.04  # m, off the middle of the bar at most
LOST = 0.02  # m, a tool this far behind or past the bar does not move it


def outwards(handle: GroundedObject, others: Iterable[GroundedObject]) -> Array:
    """(2,) unit vector along which the drawer opens: across its bar, away from its housing."""
    along = handle.yaw + (np.pi / 2 if handle.size[1] <= handle.size[0] else 0.0)
    way = np.array([np.cos(along), np.sin(along)])  # across the bar
    housing = next((thing for thing in others if thing.shape == 'housing'), None)
    away = handle.position[:2] - housing.position[:2] if housing else np.array([-1.0, 0.0])
    return way if way @ away >= 0.0 else -way


def stroke_way(scene: GroundedScene) -> Array | None:
    """(2,) unit vector along which the task moves the handle; None when it moves none."""
    handle = scene.by_role(Role.TARGET)
    if handle is None or scene.task.verb not in (Verb.OPEN, Verb.CLOSE):
        return None
    way = outwards(handle, scene.objects)
    return way if scene.task.verb == Verb.OPEN else -way


def slid(tcp: Array, start: Array, way: Array, before: float) -> float:
    """m, how far the bar is along `way` from `start`: it was `before`, the tool is at `tcp`."""
    offset = tcp[:2] - start[:2]
    along = float(offset @ way)
    reach = FINGER + 0.008  # of a bar as thick as most
    is_low = tcp[2] <= start[2] - BELOW_BAR + LOW
    is_beside = np.hypot(*(offset - along * way)) <= BESIDE
    is_behind = along <= before + LOST - reach  # not yet past the bar
    if not (is_low and is_beside and is_behind):
        return before
    return max(before, along + reach)
