"""Open boxes: wide, with a rim and nothing between its sides at the height of the rim."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vla_perception.detection.order_statistics import median, quantile
from vla_perception.detection.protocol import KnownObject
from vla_perception.detection.rectangle import least_area_yaw, turned
from vla_perception.detection.solids import Cloud, Solid

Points = NDArray[np.floating]
_RIM = 0.008  # m below the highest points, what counts as rim
_FILLED = 0.5  # a top face that covers more than this of its outline is solid
_FACE = 0.003  # m, points this near to the outermost one are of the same face
_BESIDE = 0.010  # m, outside the box and still of it
_FLOOR = 0.018  # m, lower is floor
_WALL = 0.012  # m, nearer to a side is wall
_LINING = 0.009  # m, a thing in the box is farther than this from its outside
_SHELL = 0.5  # of a piece must be wall or floor for the box to be where it was
_MOST = 0.75  # of a piece is wall or floor: no thing in the box
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
    """Return the box around the outermost points: the walls, as far as they are seen."""
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
    """(n,) True for what is in the box, not wall or floor; all False if the box is gone."""
    local = turned(points[:, :2] - box.position[:2], -box.yaw)
    depth = (box.size[:2] / 2 - np.abs(local)).min(axis=1)
    is_in = (depth > _LINING) & (points[:, 2] > _FLOOR)
    is_shell = (depth > -_BESIDE) & (points[:, 2] <= box.size[2] + _BESIDE) & ~is_in
    return is_in if is_shell.mean() >= _SHELL else np.zeros(len(points), bool)


def is_wall_or_floor(points: Points, position: Points, yaw: float, size: Points) -> bool:
    """True for points (n, 3) in an open box that are low or at a wall: no thing in it."""
    beyond, is_shell = _in_box(points, position, yaw, size)
    is_inside = np.mean(np.all(beyond <= _BESIDE, axis=1)) > _MOST
    return bool(is_inside and np.mean(is_shell) > _MOST)


def shift_to_cover(points: Points, position: Points, yaw: float, size: Points) -> Points:
    """Return the least shift (3,) m on the table with which a box has the points inside it."""
    local = turned(points[:, :2] - position[:2], -yaw)
    half = size[:2] / 2
    high = np.array([quantile(along, 0.97) for along in local.T])
    low = np.array([quantile(along, 0.03) for along in local.T])
    shift = np.maximum(high - half, 0.0) - np.maximum(-half - low, 0.0)
    return np.r_[turned(shift[None], yaw)[0], 0.0]


def _in_box(
    points: Points, position: Points, yaw: float, size: Points
) -> tuple[Points, NDArray[np.bool_]]:
    """(n, 2) m beyond the outside of the walls, and (n,) what is low or at a wall."""
    local = turned(points[:, :2] - position[:2], -yaw)
    beyond = np.abs(local) - size[:2] / 2
    is_at_wall = np.abs(beyond.max(axis=1)) < _WALL
    is_below_rim = points[:, 2] <= size[2] + _BESIDE
    return beyond, is_below_rim & ((points[:, 2] < _FLOOR) | is_at_wall)


def _side(local: Points, rim: NDArray[np.bool_], axis: int, step: float) -> tuple[float, float]:
    """Return low and high end along one axis: a face as it is, an edge plus half a pixel."""
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
