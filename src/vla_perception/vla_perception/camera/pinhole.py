"""A pinhole camera at a known pose: depth image to points of the base frame, points to pixels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vla_core.records.sensing import CameraModel

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class CameraView:
    """Where a camera is and how it projects."""

    model: CameraModel
    base_from_optical: NDArray[np.floating]  # (4, 4) m; optical: x right, y down, z forward

    @cached_property
    def rays(self) -> Floats:
        """(H, W, 3) in the base frame, 1 along the optical axis: point = origin + depth * ray."""
        m = self.model
        u, v = np.meshgrid(np.arange(m.width), np.arange(m.height))
        rays = np.stack([(u - m.cx) / m.fx, (v - m.cy) / m.fy, np.ones_like(u)], axis=-1)
        return (rays @ self.base_from_optical[:3, :3].T).astype(np.float32)

    @property
    def origin(self) -> NDArray[np.floating]:
        """(3,) m, base frame."""
        return self.base_from_optical[:3, 3]

    def height(self, depth: Floats) -> Floats:
        """(H, W) m, height of each pixel's point above z = 0; NaN where there is no depth."""
        return self.rays[..., 2] * depth + np.float32(self.origin[2])

    def points(self, pixels: NDArray[np.intp], depth: Floats) -> Floats:
        """(n, 3) m, base frame, of the given flat pixel indices."""
        rays = self.rays.reshape(-1, 3)[pixels]
        return rays * depth.ravel()[pixels, None] + self.origin.astype(np.float32)

    def project(
        self, points: NDArray[np.floating]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return pixels (n, 2) as (u, v) and depths (n,) in m of points (n, 3), base frame."""
        m = self.model
        local = (np.asarray(points, float) - self.origin) @ self.base_from_optical[:3, :3]
        z = np.maximum(local[:, 2], 1e-6)
        u = m.fx * local[:, 0] / z + m.cx
        v = m.fy * local[:, 1] / z + m.cy
        return np.stack([u, v], axis=1), local[:, 2]


def clean_depth(depth: NDArray[np.floating], far: float) -> Floats:
    """Return depth in m, NaN where it is invalid (0, negative, NaN, inf, beyond `far`)."""
    depth = np.asarray(depth, np.float32)
    is_valid = (depth > 0.0) & (depth <= far)  # NaN fails both
    return np.where(is_valid, depth, np.float32(np.nan))
