"""Open boxes: wide, with a rim and nothing between its sides at the height of the rim."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vla_perception.rectangle import least_area_yaw, turned
from vla_perception.solids import Cloud, Solid

Points = NDArray[np.floating]
_RIM = 0.008  # m below the highest points, what counts as rim
_FILLED = 0.5  # a top face that covers more than this of its outline is solid
_FACE = 0.003  # m, points this near to the outermost one are of the same face
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


def _side(local: Points, rim: NDArray[np.bool_], axis: int, step: float) -> tuple[float, float]:
    """Return low and high end along one axis: a seen face as it is, a seen edge plus half a pixel."""
    along = local[:, axis]
    ends = []
    for sign in (-1.0, 1.0):
        out = sign * along
        outermost = np.quantile(out[rim], 0.99)
        face = (out > outermost - _FACE) & ~rim
        is_face = face.sum() >= _FEWEST
        ends.append(sign * (np.median(out[face]) if is_face else outermost + step / 2))
    return ends[0], ends[1]


def _rim_height(cloud: Cloud) -> float:
    return float(np.quantile(cloud.points[:, 2], 0.97))
