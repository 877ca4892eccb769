"""Rectangle fit to points visible from one side: yaw from faces, centre from visible edges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vla_perception.detection.order_statistics import median, quantile

Points = NDArray[np.floating]
_MIN_FACE = 6  # points of a visible face
_ON_FACE = 0.004  # m, largest distance of a face's points from its line
_SETTLED = 0.01  # rad; a smaller change of yaw ends the iteration
_SQUARE = 0.22  # relative difference below which a footprint is square with the height as edge


@dataclass(frozen=True)
class Rectangle:
    """Footprint of an upright box."""

    centre: Points  # (2,) m
    yaw: float  # rad in (-pi/4, pi/4]
    size: Points  # (2,) m along its own axes


def fit_rectangle(
    xy: Points, is_side: NDArray[np.bool_], is_top: NDArray[np.bool_], step: float, height: float
) -> Rectangle:
    """Return the footprint; `step` m between neighbouring points, `height` m of the box.

    The faces towards the camera are points on a line and exact; the far edges are known only from
    the last pixel of the top. A footprint about as long and wide as high takes the height as size.
    """
    yaw = least_area_yaw(xy)
    for _ in range(2):
        before, yaw = yaw, _yaw_from_faces(xy, is_side, yaw)
        if abs(yaw - before) < _SETTLED:
            break
    local = turned(xy, -yaw)
    edges = [_edges(local, axis, is_side, is_top, step) for axis in (0, 1)]
    size = np.array([high - low for low, high, _, _ in edges])
    if np.all(np.abs(size - height) <= _SQUARE * height):
        size = np.full(2, height)
    middle = [_middle(edge, extent) for edge, extent in zip(edges, size, strict=True)]
    return Rectangle(turned(np.array([middle]), yaw)[0], yaw, size)


def turned(xy: Points, angle: float) -> Points:
    c, s = np.cos(angle), np.sin(angle)
    return xy @ np.array([[c, s], [-s, c]])


def _fold(yaw: float) -> float:
    """Return the same square's yaw in (-pi/4, pi/4]."""
    return float(-((-yaw + np.pi / 4) % (np.pi / 2) - np.pi / 4))


def least_area_yaw(xy: Points) -> float:
    outline = xy[_extreme(xy)]
    angles = np.arange(0.0, np.pi / 2, np.pi / 180)
    return _fold(float(angles[np.argmin(_areas(outline, angles))]))


def _extreme(xy: Points) -> NDArray[np.intp]:
    """Indices of the points farthest out in 64 directions: nearly the convex hull."""
    angles = np.arange(64) * (2 * np.pi / 64)
    return np.unique(np.argmax(xy @ np.stack([np.cos(angles), np.sin(angles)]), axis=0))


def _areas(xy: Points, angles: Points) -> Points:
    along = xy @ np.stack([np.cos(angles), np.sin(angles)])
    across = xy @ np.stack([-np.sin(angles), np.cos(angles)])
    return np.ptp(along, axis=0) * np.ptp(across, axis=0)


def _yaw_from_faces(xy: Points, is_side: NDArray[np.bool_], yaw: float) -> float:
    """Refine the yaw by the lines through the visible faces, weighted by length squared."""
    if is_side.sum() < _MIN_FACE:
        return yaw
    local = turned(xy, -yaw)
    side = local[is_side]
    low = [quantile(side[:, k], 0.02) for k in (0, 1)]
    high = [quantile(side[:, k], 0.98) for k in (0, 1)]
    gaps = np.abs(np.stack([side[:, 0] - low[0], high[0] - side[:, 0],
                            side[:, 1] - low[1], high[1] - side[:, 1]]))  # fmt: skip
    face = np.argmin(gaps, axis=0)
    total = 0.0 + 0.0j
    for index in range(4):
        points = side[(face == index) & (gaps[index] <= 2 * _ON_FACE)]
        if len(points) < _MIN_FACE:
            continue
        x, y = (points - points.sum(axis=0) / len(points)).T
        xx, xy_, yy = x @ x, x @ y, y @ y
        angle = 0.5 * np.arctan2(2 * xy_, xx - yy)
        weight = max(xx + yy - 2e-6 * len(points), 0.0)  # short faces are inaccurate
        total += weight * np.exp(4j * angle)
    turn = float(np.angle(total) / 4) if total else 0.0
    return _fold(yaw + turn)


def _edges(
    local: Points, axis: int, is_side: NDArray, is_top: NDArray, step: float
) -> tuple[float, float, bool, bool]:
    """Return (low, high, low is a face, high is a face) along one axis of the rectangle."""
    top = local[is_top, axis] if is_top.any() else local[:, axis]
    low, high = top.min() - step / 2, top.max() + step / 2
    along, across = local[is_side, axis], local[is_side, 1 - axis]
    found = []
    for edge, sign in ((low, 1.0), (high, -1.0)):
        near = np.abs(along - edge) <= _ON_FACE + step / 2
        # a face is a row of points that share one coordinate and spread over the other
        is_face = near.sum() >= _MIN_FACE and np.ptp(across[near]) > 3 * step
        found.append((median(along[near]) if is_face else float(edge), is_face, sign))
    return found[0][0], found[1][0], found[0][1], found[1][1]


def _middle(edge: tuple[float, float, bool, bool], extent: float) -> float:
    low, high, has_low, has_high = edge
    if has_low and not has_high:
        return low + extent / 2
    if has_high and not has_low:
        return high - extent / 2
    return (low + high) / 2
