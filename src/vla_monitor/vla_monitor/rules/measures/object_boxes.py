"""The objects of a scene as stacked arrays of boxes, for vectorised distance queries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_core.frozen import Array
from vla_core.records.scene import GroundedObject

FLOOR = 0.008  # m, of an open box
FIXED = ('drawer', 'housing', 'button')  # part of the furniture: never carried, never pushed off


@dataclass(frozen=True)
class ObjectBoxes:
    """n upright boxes in the base frame."""

    items: tuple[GroundedObject, ...]
    position: Array  # (n, 3) m, middle
    half: Array  # (n, 3) m
    cos: Array  # (n,) of the yaw
    sin: Array  # (n,)

    @classmethod
    def of(cls, items: list[GroundedObject]) -> ObjectBoxes:
        """Return the boxes of the objects."""
        yaw = np.array([item.yaw for item in items])
        position = np.array([item.position for item in items]).reshape(-1, 3)
        half = np.array([item.size for item in items]).reshape(-1, 3) / 2.0
        return cls(tuple(items), position, half, np.cos(yaw), np.sin(yaw))

    def local(self, points: Array) -> Array:
        """(n, k, 3) m, the points (k, 3) from the middle of each box, along its axes."""
        delta = points[None, :, :] - self.position[:, None, :]
        c, s = self.cos[:, None], self.sin[:, None]
        out = np.empty_like(delta)
        out[..., 0] = c * delta[..., 0] + s * delta[..., 1]
        out[..., 1] = c * delta[..., 1] - s * delta[..., 0]
        out[..., 2] = delta[..., 2]
        return out

    def distance(self, points: Array) -> Array:
        """(n, k) m, from the points to the surface of each box; 0 inside."""
        beyond = np.maximum(np.abs(self.local(points)) - self.half[:, None, :], 0.0)
        return np.asarray(np.sqrt((beyond * beyond).sum(axis=-1)))

    def depth(self, points: Array) -> Array:
        """(n, k) m, how deep the points are inside each box; below 0 outside."""
        inside = self.half[:, None, :] - np.abs(self.local(points))
        return np.asarray(inside.min(axis=-1))


@dataclass(frozen=True)
class Support:
    """The surface that a released object comes to rest on."""

    top: float  # m, height at which it comes to rest
    item: GroundedObject | None  # None: the table


def support(
    boxes: ObjectBoxes, xy: Array, bottom: float, lower: Array, upper: Array
) -> Support | None:
    """Return the surface under `xy` (2,), no higher than `bottom`; None: only the floor.

    `lower`, `upper`: (2,) m, the corners of the table top, which is z = 0.
    """
    best = Support(0.0, None) if np.all((xy >= lower) & (xy <= upper)) else None
    if not boxes.items:
        return best
    local = np.abs(boxes.local(np.array([[xy[0], xy[1], 0.0]]))[:, 0, :2])
    for k in np.flatnonzero((local <= boxes.half[:, :2]).all(axis=1)):
        item = boxes.items[k]
        is_box = item.shape == 'box'
        base = boxes.position[k, 2] + (-boxes.half[k, 2] + FLOOR if is_box else boxes.half[k, 2])
        if base <= bottom + 0.03 and (best is None or base > best.top):
            best = Support(float(base), item)
    return best


def width_across(item: GroundedObject, direction: Array) -> float:
    """m, width of the box along the horizontal vector `direction` (2,)."""
    norm = float(np.hypot(direction[0], direction[1]))
    if norm < 1e-6:
        return float(max(item.size[:2]))
    if item.shape in ('cylinder', 'ball'):
        return float(min(item.size[:2]))
    c, s = np.cos(item.yaw), np.sin(item.yaw)
    x, y = (
        (c * direction[0] + s * direction[1]) / norm,
        (c * direction[1] - s * direction[0]) / norm,
    )
    # fingers align with the nearest pair of faces, so the width of the face counts
    return float(item.size[0] if abs(x) >= abs(y) else item.size[1])
