"""Best fit of a solid to surface points: cuboid, cylinder or ball."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vla_perception.detection.order_statistics import median, quantile
from vla_perception.detection.rectangle import fit_rectangle
from vla_perception.detection.surfaces import (
    ball_distances,
    ball_through,
    circle_through,
    cuboid_distances,
    cylinder_distances,
    misfit,
)

Points = NDArray[np.floating]
_FLAT = 0.004  # m, largest distance of top points from the flat top
_SIDE = 0.006  # m below the top, where sides begin
_UNSEEN = 2.0  # largest width of a solid relative to the extent of its points
_FAR = 0.008  # m, distances from the surface are clipped to this


@dataclass(frozen=True)
class Cloud:
    """Surface points of one segment, and the height of its support."""

    points: Points  # (n, 3) m, z is the height above the table
    area: Points  # (n,) m² of a horizontal surface per pixel
    bottom: float  # m, height of its support
    step: float  # m, distance between neighbouring points

    @cached_property
    def top(self) -> float:
        """m, height of the top face."""
        height = self.points[:, 2]
        upper = quantile(height, 0.97)
        return median(height[height > upper - _SIDE])


@dataclass(frozen=True)
class Solid:
    """An upright solid and its residual."""

    shape: str  # cube, cylinder or ball
    centre: Points  # (3,) m
    yaw: float  # rad
    size: Points  # (3,) m
    residual: float  # m, root mean square distance of the points from its surface


def best_solid(cloud: Cloud) -> Solid:
    """Return the solid with the smallest residual that is not far larger than the visible part."""
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
    centre = np.array([*rectangle.centre, (top + cloud.bottom) / 2])
    size = np.array([*rectangle.size, height])
    distance = distance_to_cuboid(cloud.points, centre, rectangle.yaw, size)
    return Solid('cube', centre, rectangle.yaw, size, misfit(distance, _FAR))


def fit_cylinder(cloud: Cloud) -> Solid:
    """Return the upright cylinder: circle through the sides, or the disk of the top."""
    top = cloud.top
    side = cloud.points[cloud.points[:, 2] < top - _SIDE]
    is_top = np.abs(cloud.points[:, 2] - top) <= _FLAT
    disk = cloud.points[is_top, :2].mean(axis=0)
    radius = float(np.sqrt(cloud.area[is_top].sum() / np.pi))
    if len(side) >= 12:
        disk, radius = _circle(side, disk, radius)
    centre = np.array([*disk, (top + cloud.bottom) / 2])
    size = np.array([2 * radius, 2 * radius, top - cloud.bottom])
    distance = cylinder_distances(cloud.points, centre, size)
    return Solid('cylinder', centre, 0.0, size, misfit(distance, _FAR))


def fit_ball(cloud: Cloud) -> Solid:
    """Return the better of a ball on the table and one on `bottom`; its lower half is hidden."""
    bottoms = {0.0, cloud.bottom}
    return min((_ball_on(cloud.points, b) for b in bottoms), key=lambda ball: ball.residual)


def _ball_on(points: Points, bottom: float) -> Solid:
    middle = points.mean(axis=0)
    origin = np.array([middle[0], middle[1], bottom])
    x, y, radius = ball_through(points, origin)
    radius = min(max(float(radius), 0.005), 0.2)
    centre = origin + (x, y, radius)
    distance = ball_distances(points, centre, radius)
    return Solid('ball', centre, 0.0, np.full(3, 2 * radius), misfit(distance, _FAR))


def distance_to_cuboid(points: Points, centre: Points, yaw: float, size: Points) -> Points:
    """Return signed distances (n,) m of points to the surface of an upright box."""
    return cuboid_distances(np.asarray(points, float), centre, yaw, size)


def _circle(side: Points, centre: Points, radius: float) -> tuple[Points, float]:
    """Return the circle of least geometric distance, from an initial guess."""
    circle = circle_through(side, np.array([*centre, radius]))
    is_sane = np.linalg.norm(circle[:2] - centre) < 0.05 and 0.004 < circle[2] < 0.15
    return (circle[:2], float(circle[2])) if is_sane else (centre, radius)


FITS: dict[str, Callable[[Cloud], Solid]] = {
    'cube': fit_cuboid,
    'cylinder': fit_cylinder,
    'ball': fit_ball,
}
