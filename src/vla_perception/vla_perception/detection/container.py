"""Open boxes: wide, with a rim and no surface inside it at the height of the rim."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vla_perception.detection.order_statistics import median, quantile
from vla_perception.detection.protocol import KnownObject
from vla_perception.detection.rectangle import least_area_yaw, turned
from vla_perception.detection.solids import Cloud, Solid

Points = NDArray[np.floating]
_RIM = 0.008  # m below the highest points: the rim
_FILLED = 0.5  # a top face that covers more than this share of its outline is solid
_FACE = 0.003  # m; points this close to the outermost one belong to the same face
_BESIDE = 0.010  # m, tolerance outside the box
_FLOOR = 0.018  # m; lower points belong to the floor
_WALL = 0.012  # m; points closer to a side belong to the wall
_LINING = 0.009  # m; an object in the box is farther than this from the box's outside
_SHELL = 0.5  # smallest share of wall and floor in a segment for the box to be at its pose
_MOST = 0.75  # with a larger share of wall and floor there is no object in the box
_FEWEST = 8  # points of a face


def is_hollow(cloud: Cloud) -> bool:
    """True when the top is mostly missing inside its own outline."""
    rim = cloud.points[:, 2] > _rim_height(cloud) - _RIM
    if rim.sum() < _FEWEST:
        return False
    xy = cloud.points[rim, :2]
    size = np.ptp(turned(xy, -least_area_yaw(xy)), axis=0)
    return bool(cloud.area[rim].sum() < _FILLED * np.prod(size))


def fit_container(cloud: Cloud) -> Solid:
    """Return the box around the outermost points, that is the visible walls."""
    top = _rim_height(cloud)
    rim = cloud.points[:, 2] > top - _RIM
    yaw = least_area_yaw(cloud.points[rim, :2])
    local = turned(cloud.points[:, :2], -yaw)
    low, high = np.array([_side(local, rim, axis, cloud.step) for axis in (0, 1)]).T
    height = top - cloud.bottom
    centre = turned(((low + high) / 2)[None], yaw)[0]
    size = np.r_[high - low, height]
    return Solid('box', np.r_[centre, cloud.bottom + height / 2], yaw, size, 0.0)


def inside_of_box(points: Points, box: KnownObject) -> NDArray[np.bool_]:
    """(n,) True for points inside the box, not on wall or floor; all False if the box is gone."""
    local = turned(points[:, :2] - box.position[:2], -box.yaw)
    depth = (box.size[:2] / 2 - np.abs(local)).min(axis=1)
    is_in = (depth > _LINING) & (points[:, 2] > _FLOOR)
    is_shell = (depth > -_BESIDE) & (points[:, 2] <= box.size[2] + _BESIDE) & ~is_in
    return is_in if is_shell.mean() >= _SHELL else np.zeros(len(points), bool)


def is_wall_or_floor(points: Points, position: Points, yaw: float, size: Points) -> bool:
    """True when points (n, 3) in an open box are low or at a wall: there is no object in it."""
    beyond, is_shell = _in_box(points, position, yaw, size)
    is_inside = np.mean(np.all(beyond <= _BESIDE, axis=1)) > _MOST
    return bool(is_inside and np.mean(is_shell) > _MOST)


def shift_to_cover(points: Points, position: Points, yaw: float, size: Points) -> Points:
    """Return the smallest shift (3,) m on the table after which the box contains the points."""
    local = turned(points[:, :2] - position[:2], -yaw)
    half = size[:2] / 2
    high = np.array([quantile(along, 0.97) for along in local.T])
    low = np.array([quantile(along, 0.03) for along in local.T])
    shift = np.maximum(high - half, 0.0) - np.maximum(-half - low, 0.0)
    return np.r_[turned(shift[None], yaw)[0], 0.0]


def _in_box(
    points: Points, position: Points, yaw: float, size: Points
) -> tuple[Points, NDArray[np.bool_]]:
    """(n, 2) m beyond the outside of the walls, and (n,) True for points low or at a wall."""
    local = turned(points[:, :2] - position[:2], -yaw)
    beyond = np.abs(local) - size[:2] / 2
    is_at_wall = np.abs(beyond.max(axis=1)) < _WALL
    is_below_rim = points[:, 2] <= size[2] + _BESIDE
    return beyond, is_below_rim & ((points[:, 2] < _FLOOR) | is_at_wall)


def _side(local: Points, rim: NDArray[np.bool_], axis: int, step: float) -> tuple[float, float]:
    """Return low and high end along one axis: a visible face, else the edge plus half a pixel."""
    along = local[:, axis]
    ends = []
    for sign in (-1.0, 1.0):
        out = sign * along
        outermost = quantile(out[rim], 0.99)
        face = (out > outermost - _FACE) & ~rim
        is_face = face.sum() >= _FEWEST
        ends.append(sign * (median(out[face]) if is_face else outermost + step / 2))
    return ends[0], ends[1]


def _rim_height(cloud: Cloud) -> float:
    return quantile(cloud.points[:, 2], 0.97)
