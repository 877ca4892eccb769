"""Drawers: a coloured bar handle in front of a large grey or brown housing, open or closed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vla_perception.detection.order_statistics import median, quantile
from vla_perception.detection.protocol import Detection, KnownObject
from vla_perception.detection.rectangle import least_area_yaw, turned

Points = NDArray[np.floating]
_HIGH = 0.05  # m, smallest height of a housing
_WIDE = 0.09  # m, smallest width of a housing
_LONG = 0.07  # m, smallest length of a handle
_THIN = 0.045  # m, largest width of a handle with its posts
_OFF_TABLE = 0.015  # m, smallest height of the lowest visible point of a handle
_TRAVEL = 0.25  # m, largest distance of a handle in front of the housing
_BAR = (0.008, 0.03)  # m, thickness of a bar
_OUT = 0.012  # m; points that protrude less belong to the housing
_FEWEST = 30  # points of a front
_BESIDE = 0.03  # m; grey segments this close to housing or handle belong to it


def is_housing(detection: Detection) -> bool:
    """True for a block large enough to hold a drawer."""
    top = detection.position[2] + detection.size[2] / 2
    wide, narrow = detection.size[:2].max(), detection.size[:2].min()
    return bool(top > _HIGH and wide >= _WIDE and narrow >= _HIGH)


def housing_of(candidates: list[Detection]) -> Detection:
    """Return the housing; the highest of its segments, which shading separates, is its top."""
    most = max(len(c.pixels) for c in candidates)
    large = [c for c in candidates if len(c.pixels) >= 0.3 * most]
    main = max(large, key=lambda c: median(c.points[:, 2]))
    top = main.position[2] + main.size[2] / 2
    position, size = np.r_[main.position[:2], top / 2], np.r_[main.size[:2], top]
    return replace(main, shape='housing', position=position, size=size)


def is_off_table(detection: Detection, housing: Detection) -> bool:
    """True for a segment in front of the housing, above the table and not higher than it."""
    heights = detection.points[:, 2]
    top = housing.position[2] + housing.size[2] / 2
    if not (quantile(heights, 0.05) >= _OFF_TABLE and heights.max() <= top + 0.01):
        return False
    beyond = np.abs(_in_frame(detection.position[None, :2], housing)[0]) - housing.size[:2] / 2
    return bool(beyond.max() <= _TRAVEL and beyond.min() <= _BESIDE)


def is_bar(detection: Detection) -> bool:
    """True for a long and thin object."""
    long, thin = detection.size[:2].max(), detection.size[:2].min()
    return bool(_LONG <= long <= 0.25 and thin <= min(_THIN, 0.6 * long))


def bar_of(handle: Detection) -> Detection:
    """Return the bar without its posts, from the points along the middle of its length."""
    xy = handle.points[:, :2]
    yaw = least_area_yaw(xy)
    local = turned(xy, -yaw)
    if np.ptp(local[:, 0]) > np.ptp(local[:, 1]):
        yaw += np.pi / 2  # x across the bar, y along it
        local = turned(xy, -yaw)
    low, high = local[:, 1].min(), local[:, 1].max()
    middle = np.abs(local[:, 1] - (low + high) / 2) <= 0.35 * (high - low)
    across = local[middle, 0]
    near, far = quantile(across, 0.03), quantile(across, 0.97)
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


def moved_bar(known: KnownObject, parts: list[Detection], housing: Detection) -> Detection:
    """Return the known bar, moved along the drawer's axis to its visible ends."""
    outward = _outward(known.position, housing)
    points = np.concatenate([part.points for part in parts])
    farthest = quantile((points[:, :2] - known.position[:2]) @ outward, 0.95)
    slide = farthest - known.size[0] / 2
    position = np.r_[known.position[:2] + slide * outward, known.position[2]]
    return replace(
        parts[0],
        shape='drawer',
        position=position,
        yaw=known.yaw,
        size=known.size,
        points=points,
        hidden=0.5,
    )


def implied_bar(known: KnownObject, before: list[KnownObject], now: list[Detection]) -> Detection:
    """Return the known bar at its previous distance from the drawer's front."""
    outward = _outward(known.position, now[0])
    slide = max(_end(d, outward) for d in now) - max(_end(k, outward) for k in before)
    position = np.r_[known.position[:2] + slide * outward, known.position[2]]
    return Detection(
        'drawer',
        known.colour,
        position,
        known.yaw,
        known.size,
        (0.0, 0.0, 0.0, 0.0),
        hidden=1.0,
        is_inferred=True,
    )


def front_of(parts: list[Detection], housing: Detection) -> Detection | None:
    """Return one box around the points that protrude from the housing: drawer front and tray."""
    points = np.concatenate([part.points for part in parts])
    local = _in_frame(points[:, :2], housing)
    is_out = np.any(np.abs(local) > housing.size[:2] / 2 + _OUT, axis=1)
    if is_out.sum() < _FEWEST:
        return None
    local, top = local[is_out], quantile(points[is_out, 2], 0.97)
    low = np.array([quantile(local[:, k], 0.01) for k in (0, 1)])
    high = np.array([quantile(local[:, k], 0.99) for k in (0, 1)])
    middle = housing.position[:2] + turned((low + high)[None] / 2, housing.yaw)[0]
    position, size = np.r_[middle, top / 2], np.r_[high - low, top]
    return replace(
        parts[0], shape='front', position=position, size=size, yaw=housing.yaw, hidden=0.0
    )  # its parts were split by the gripper; what is measured is the whole


def is_part(detection: Detection, main: Detection, bar: Points | None) -> bool:
    """True for a segment between or close to the housing and its bar (2,) m."""
    at = _in_frame(detection.position[None, :2], main)[0]
    half = main.size[:2] / 2
    low, high = -half - _BESIDE, half + _BESIDE
    if bar is not None:
        end = _in_frame(bar[None, :2], main)[0]
        low, high = np.minimum(low, end - _BESIDE), np.maximum(high, end + _BESIDE)
    return bool(np.all((at >= low) & (at <= high)))


def reach(known: KnownObject, housing: Detection) -> Points:
    """(2,) m, position of the bar with the drawer fully open."""
    return known.position[:2] + 0.15 * _outward(known.position, housing)


def _outward(bar: Points, housing: Detection) -> Points:
    """(2,) unit vector from the housing towards the side of the bar."""
    local = _in_frame(bar[None, :2], housing)[0]
    axis = int(np.argmax(np.abs(local) - housing.size[:2] / 2))
    unit = np.zeros(2)
    unit[axis] = np.sign(local[axis])
    return turned(unit[None], housing.yaw)[0]


def _end(housing: Detection | KnownObject, outward: Points) -> float:
    """m, largest coordinate of the box along `outward`."""
    half = np.abs(turned(outward[None], -housing.yaw)[0]) @ housing.size[:2] / 2
    return float(housing.position[:2] @ outward + half)


def _in_frame(xy: Points, of: Detection) -> Points:
    return turned(xy - of.position[:2], -of.yaw)
