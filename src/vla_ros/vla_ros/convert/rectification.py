"""Rectification of distorted images: for each pixel of the pinhole camera, the one to take."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from vla_core.records.sensing import CameraModel

OUTSIDE = -1  # index of a pixel that the distorted image does not show
COEFFICIENTS = {'plumb_bob': 5, 'rational_polynomial': 8, 'equidistant': 4, 'fisheye': 4}


@dataclass(frozen=True)
class Distortion:
    """Lens distortion, as in sensor_msgs/CameraInfo."""

    model: str  # a key of COEFFICIENTS
    coefficients: tuple[float, ...]


def rectified(image: np.ndarray, model: CameraModel, distortion: Distortion) -> np.ndarray:
    """Return an image (H, W[, C]) without distortion; zero where the lens does not see.

    The nearest pixel is taken: depth must not be interpolated across an edge, and colour stays on
    its depth.
    """
    source = _sources(model, distortion)
    flat = image.reshape(source.size, -1)
    found = flat[np.maximum(source, 0)]
    found[source == OUTSIDE] = 0
    return found.reshape(image.shape)


@functools.lru_cache(maxsize=8)
def _sources(model: CameraModel, distortion: Distortion) -> np.ndarray:
    """(H * W,) flat index of the distorted pixel for each undistorted one, or OUTSIDE."""
    u, v = np.meshgrid(np.arange(model.width), np.arange(model.height))
    x, y = distorted((u - model.cx) / model.fx, (v - model.cy) / model.fy, distortion)
    column = np.rint(x * model.fx + model.cx)
    row = np.rint(y * model.fy + model.cy)
    is_inside = (column >= 0) & (column < model.width) & (row >= 0) & (row < model.height)
    index = np.where(is_inside, row * model.width + column, OUTSIDE).astype(np.intp).ravel()
    index.setflags(write=False)
    return index


def distorted(
    x: np.ndarray, y: np.ndarray, distortion: Distortion
) -> tuple[np.ndarray, np.ndarray]:
    """Return where a lens shows the directions (x, y, 1), in normalised image coordinates."""
    d = np.zeros(8)
    d[: len(distortion.coefficients)] = distortion.coefficients
    squared = x * x + y * y
    if distortion.model in ('equidistant', 'fisheye'):
        radius = np.sqrt(squared)
        angle = np.arctan(radius)
        powers = sum(d[k] * angle ** (2 * k + 2) for k in range(4))
        scale = np.where(radius > 1e-9, angle * (1.0 + powers) / np.maximum(radius, 1e-9), 1.0)
        return x * scale, y * scale
    k1, k2, p1, p2, k3, k4, k5, k6 = d
    scale = 1.0 + squared * (k1 + squared * (k2 + squared * k3))
    scale = scale / (1.0 + squared * (k4 + squared * (k5 + squared * k6)))
    return (
        x * scale + 2.0 * p1 * x * y + p2 * (squared + 2.0 * x * x),
        y * scale + 2.0 * p2 * x * y + p1 * (squared + 2.0 * y * y),
    )
