"""Which solid explains a cloud of surface points best: cuboid, cylinder or ball."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vla_perception.rank import median, quantile
from vla_perception.rectangle import fit_rectangle

Points = NDArray[np.floating]
_FLAT = 0.004  # m, how far points of a flat top may lie from it
_SIDE = 0.006  # m below the top where sides begin
_UNSEEN = 2.0  # a solid may be this many times as wide as the points span
_FAR = 0.008  # m, a point farther from the surface than this counts as this far


@dataclass(frozen=True)
class Cloud:
    """Surface points of one piece, and what is known about where it ends."""

    points: Points  # (n, 3) m, z is the height above the table
    area: Points  # (n,) m², of a horizontal surface that each pixel would cover
    bottom: float  # m, height of what it stands on
    step: float  # m, distance between neighbouring points

    @cached_property
    def top(self) -> float:
        """m, height of the top face."""
        height = self.points[:, 2]
        upper = quantile(height, 0.97)
        return median(height[height > upper - _SIDE])


@dataclass(frozen=True)
class Solid:
    """An upright solid and how badly it explains the points."""

    shape: str  # cube, cylinder or ball
    centre: Points  # (3,) m
    yaw: float  # rad
    size: Points  # (3,) m
    residual: float  # m, root mean square distance of the points from its surface


def best_solid(cloud: Cloud) -> Solid:
    """Return the solid with the smallest residual, of those not far larger than what is seen."""
    solids = [fit(cloud) for fit in FITS.values()]
    most = _UNSEEN * float(np.linalg.norm(np.ptp(cloud.points, axis=0)))
    return min(solids, key=lambda solid: (not solid.size.max() <= most, solid.residual))


def fit_cuboid(cloud: Cloud) -> Solid:
    """Return the upright box; a nearly cubic one becomes a cube."""
    top = cloud.top
    is_side = cloud.points[:, 2] < top - _SIDE
    is_top = np.abs(cloud.points[:, 2] - top) <= _FLAT
    height = top - cloud.bottom
    rectangle = fit_rectangle(cloud.points[:, :2], is_side, is_top, cloud.step, height)
    centre = np.r_[rectangle.centre, (top + cloud.bottom) / 2]
    size = np.r_[rectangle.size, height]
    distance = distance_to_cuboid(cloud.points, centre, rectangle.yaw, size)
    return Solid('cube', centre, rectangle.yaw, size, _rms(distance))


def fit_cylinder(cloud: Cloud) -> Solid:
    """Return the upright cylinder: circle through the sides, or the disk of the top."""
    top = cloud.top
    side = cloud.points[cloud.points[:, 2] < top - _SIDE, :2]
    is_top = np.abs(cloud.points[:, 2] - top) <= _FLAT
    disk = cloud.points[is_top, :2].mean(axis=0)
    radius = float(np.sqrt(cloud.area[is_top].sum() / np.pi))
    if len(side) >= 12:
        disk, radius = _circle(side, disk, radius)
    centre = np.r_[disk, (top + cloud.bottom) / 2]
    size = np.array([2 * radius, 2 * radius, top - cloud.bottom])
    return Solid(
        'cylinder', centre, 0.0, size, _rms(distance_to_cylinder(cloud.points, centre, size))
    )


def fit_ball(cloud: Cloud) -> Solid:
    """Return the better of a ball on the table and one on `bottom`: it hides its lower half."""
    bottoms = {0.0, cloud.bottom}
    return min((_ball_on(cloud.points, b) for b in bottoms), key=lambda ball: ball.residual)


def _ball_on(points: Points, bottom: float) -> Solid:
    """|p - c| = r with c_z = bottom + r: linear start, then Gauss-Newton in (c_x, c_y, r)."""
    middle = points.mean(axis=0)
    x, y, z = (points - np.r_[middle[:2], bottom]).T
    rows = np.stack([2 * x, 2 * y, 2 * z, np.ones_like(x)], axis=1)
    cx, cy, radius, _ = _solve(rows, x * x + y * y + z * z)
    for _ in range(3):
        delta = np.stack([x - cx, y - cy, z - radius])
        reach = np.maximum(np.sqrt((delta * delta).sum(axis=0)), 1e-6)
        slope = np.stack([-delta[0] / reach, -delta[1] / reach, -delta[2] / reach - 1], axis=1)
        step = _solve(slope, reach - radius)
        cx, cy, radius = cx - step[0], cy - step[1], radius - step[2]
    radius = float(np.clip(radius, 0.005, 0.2))
    centre = np.array([cx + middle[0], cy + middle[1], bottom + radius])
    distance = np.sqrt(((points - centre) ** 2).sum(axis=1)) - radius
    return Solid('ball', centre, 0.0, np.full(3, 2 * radius), _rms(distance))


def distance_to_cuboid(points: Points, centre: Points, yaw: float, size: Points) -> Points:
    """Return signed distances (n,) m of points to the surface of an upright box."""
    c, s = np.cos(yaw), np.sin(yaw)
    delta = points - centre
    local = np.stack([c * delta[:, 0] + s * delta[:, 1], c * delta[:, 1] - s * delta[:, 0]], 1)
    beyond = np.abs(np.c_[local, delta[:, 2]]) - np.asarray(size) / 2
    outside = np.linalg.norm(np.maximum(beyond, 0.0), axis=1)
    return outside + np.minimum(beyond.max(axis=1), 0.0)


def distance_to_cylinder(points: Points, centre: Points, size: Points) -> Points:
    """Return signed distances (n,) m of points to the surface of an upright cylinder."""
    delta = points - centre
    beyond = np.stack(
        [np.hypot(delta[:, 0], delta[:, 1]) - size[0] / 2, np.abs(delta[:, 2]) - size[2] / 2], 1
    )
    outside = np.linalg.norm(np.maximum(beyond, 0.0), axis=1)
    return outside + np.minimum(beyond.max(axis=1), 0.0)


def _circle(xy: Points, centre: Points, radius: float) -> tuple[Points, float]:
    """Return the circle of least geometric distance, from a start (Gauss-Newton, 4 steps)."""
    guess = np.r_[centre, radius]
    for _ in range(4):
        delta = xy - guess[:2]
        reach = np.maximum(np.linalg.norm(delta, axis=1), 1e-6)
        rows = np.c_[-delta / reach[:, None], -np.ones(len(xy))]
        guess = guess - _solve(rows, reach - guess[2])
    is_sane = np.linalg.norm(guess[:2] - centre) < 0.05 and 0.004 < guess[2] < 0.15
    return (guess[:2], float(guess[2])) if is_sane else (centre, radius)


def _solve(rows: Points, values: Points) -> Points:
    """Return the least-squares solution, damped a little so that it always exists."""
    normal = rows.T @ rows
    normal.flat[:: len(normal) + 1] += 1e-9
    return np.linalg.solve(normal, rows.T @ values)


def _rms(distance: Points) -> float:
    return float(np.sqrt(np.mean(np.minimum(np.abs(distance), _FAR) ** 2)))


FITS: dict[str, Callable[[Cloud], Solid]] = {
    'cube': fit_cuboid,
    'cylinder': fit_cylinder,
    'ball': fit_ball,
}
