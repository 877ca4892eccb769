"""The end of a long tool or of a long object in the gripper, whose speed is capped too."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Any

import numpy as np

from vla_core.frozen import Array

LONG_TOOL = (
    0.15  # m from the line between wrist and tip; nearer points are hardly faster than both
)


class ToolPoint:
    """The furthest corner of the tool, in the frame of its joint (the wrist)."""

    def __init__(self, row: int, joint: int, tip: Array) -> None:
        self.row = row  # among the points of the collision model
        self.joint = joint
        self._tip = np.array(tip)  # (3,) m
        self.point: Array = self._tip  # (3,) m
        self.is_long = False

    def fit(self, shapes: Iterable[Any]) -> None:
        """Take the furthest corner of the boxes around these shapes, which the joint moves."""
        corners = np.concatenate([_corners(shape) for shape in shapes] or [self._tip[None]])
        length = float(self._tip @ self._tip)
        share = np.clip(corners @ self._tip / max(length, 1e-12), 0.0, 1.0)
        distances = np.linalg.norm(corners - share[:, None] * self._tip, axis=1)
        furthest = int(np.argmax(distances))
        self.point, self.is_long = corners[furthest], bool(distances[furthest] > LONG_TOOL)


def _corners(shape: Any) -> Array:
    """Corners (8, 3) m of the box around a shape, in the frame of its joint."""
    shape.geometry.computeLocalAABB()
    box = shape.geometry.aabb_local
    corners = np.array(list(product(*zip(np.ravel(box.min_), np.ravel(box.max_), strict=True))))
    placed: Array = corners @ shape.placement.rotation.T + shape.placement.translation
    return placed
