"""Open boxes: wide, with a rim and nothing between its sides at the height of the rim."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vla_perception.rectangle import fit_rectangle
from vla_perception.solids import Cloud, Solid

Points = NDArray[np.floating]
_RIM = 0.008  # m below the highest points, what counts as rim
_FILLED = 0.5  # a top face that covers more than this of its outline is solid


def is_hollow(cloud: Cloud) -> bool:
    """True when the top is mostly missing inside its own outline."""
    rim = cloud.points[:, 2] > _rim_height(cloud) - _RIM
    if rim.sum() < 8:
        return False
    rectangle = fit_rectangle(cloud.points[:, :2], np.zeros(len(rim), bool), rim, 0.0, 0.0)
    return bool(cloud.area[rim].sum() < _FILLED * np.prod(rectangle.size))


def fit_container(cloud: Cloud) -> Solid:
    """Return the box around the rim; its sides are the outermost points, so its middle is unbiased."""
    top = _rim_height(cloud)
    rim = cloud.points[:, 2] > top - _RIM
    rectangle = fit_rectangle(cloud.points[:, :2], ~rim, rim, cloud.step, 0.0)
    height = top - cloud.bottom
    centre = np.r_[rectangle.centre, cloud.bottom + height / 2]
    return Solid('box', centre, rectangle.yaw, np.r_[rectangle.size, height], 0.0)


def _rim_height(cloud: Cloud) -> float:
    return float(np.quantile(cloud.points[:, 2], 0.97))
