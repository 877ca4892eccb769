"""Drawers: a coloured bar handle beside a large grey or brown housing, open or closed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vla_perception.detection import Detection
from vla_perception.rank import quantile
from vla_perception.rectangle import least_area_yaw, turned

Points = NDArray[np.floating]
_HIGH = 0.05  # m, a housing is higher
_WIDE = 0.09  # m, and wider
_LONG = 0.07  # m, a handle is longer
_THIN = 0.045  # m, and, with its posts, not wider
_OFF_TABLE = 0.015  # m, and its lowest seen point is higher
_NEAR = 0.20  # m, how far outside the housing's sides it may be, drawer open
_BAR = (0.008, 0.03)  # m, thickness of a bar
_BESIDE = 0.03  # m, grey pieces this near to housing or handle belong to it


def is_housing(thing: Detection) -> bool:
    """True for a block large enough to hold a drawer."""
    top = thing.position[2] + thing.size[2] / 2
    return bool(top > _HIGH and thing.size[:2].max() >= _WIDE and thing.size[:2].min() >= _HIGH)


def is_handle(thing: Detection, housing: Detection) -> bool:
    """True for a bar beside the housing: long, thin, off the table, not higher than its top."""
    heights = thing.points[:, 2]
    long, thin = thing.size[:2].max(), thing.size[:2].min()
    is_bar = _LONG <= long <= 0.25 and thin <= min(_THIN, 0.6 * long)
    top = housing.position[2] + housing.size[2] / 2
    if not (is_bar and np.quantile(heights, 0.05) >= _OFF_TABLE and heights.max() <= top + 0.01):
        return False
    beyond = np.abs(_in_frame(thing.position[None, :2], housing)[0]) - housing.size[:2] / 2
    return bool(np.all(beyond <= _NEAR) and beyond.min() <= 0.03)


def bar_of(handle: Detection) -> Detection:
    """Return the bar alone, without its posts: what lies along the middle of its length."""
    xy = handle.points[:, :2]
    yaw = least_area_yaw(xy)
    local = turned(xy, -yaw)
    if np.ptp(local[:, 0]) > np.ptp(local[:, 1]):
        yaw += np.pi / 2  # x across the bar, y along it
        local = turned(xy, -yaw)
    low, high = local[:, 1].min(), local[:, 1].max()
    middle = np.abs(local[:, 1] - (low + high) / 2) <= 0.35 * (high - low)
    across = local[middle, 0]
    near, far = np.quantile(across, [0.03, 0.97])
    thickness = float(np.clip(far - near + 0.002, *_BAR))
    top = quantile(handle.points[middle, 2], 0.9)
    centre = turned(np.array([[(near + far) / 2, (low + high) / 2]]), yaw)[0]
    return replace(
        handle,
        shape='drawer',
        position=np.r_[centre, top - thickness / 2],
        yaw=float((yaw + np.pi / 2) % np.pi - np.pi / 2),
        size=np.array([thickness, high - low, thickness]),
    )


def whole_housing(housings: list[Detection], parts: list[Detection]) -> Detection:
    """Return one box around the housing and all its parts: front, tray, what is inside it."""
    main = max(housings, key=lambda h: len(h.pixels))
    points = np.concatenate([part.points for part in (*housings, *parts)])
    local = _in_frame(points[:, :2], main)
    low, high = np.quantile(local, 0.005, axis=0), np.quantile(local, 0.995, axis=0)
    c, s = np.cos(main.yaw), np.sin(main.yaw)
    x, y = (low + high) / 2
    top = quantile(main.points[:, 2], 0.97)
    centre = main.position[:2] + [c * x - s * y, s * x + c * y]
    size = np.r_[high - low, top]
    return replace(
        main, shape='housing', position=np.r_[centre, top / 2], size=size, points=points
    )


def is_part(thing: Detection, main: Detection, handle: Detection | None) -> bool:
    """True for a piece between or close to the housing and its handle."""
    points = [_in_frame(thing.position[None, :2], main)[0]]
    half = main.size[:2] / 2
    low, high = -half - _BESIDE, half + _BESIDE
    if handle is not None:
        bar = _in_frame(handle.position[None, :2], main)[0]
        low, high = np.minimum(low, bar - _BESIDE), np.maximum(high, bar + _BESIDE)
    return bool(np.all((points[0] >= low) & (points[0] <= high)))


def _in_frame(xy: Points, of: Detection) -> Points:
    return turned(xy - of.position[:2], -of.yaw)
