"""Splits a segment of one colour into the known objects that it consists of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vla_perception.detection.container import inside_of_box
from vla_perception.detection.order_statistics import quantile
from vla_perception.detection.protocol import KnownObject, PreparedFrame
from vla_perception.detection.segments import Segment
from vla_perception.detection.solids import distance_to_cuboid

Points = NDArray[np.floating]
COMPACT = ('cube', 'cylinder', 'ball')
_FEWEST = 15  # px, smallest part
_OF_A_BOX = 150  # px, smallest visible box
_NEAR = 0.05  # m, from the segment to the centre of an object in it
_FITS = 0.006  # m, distance of most points from the known objects when none has moved
_PARTLY = 0.3  # `hidden` of a part: its outline against the other part is uncertain


def unpack(segment: Segment, prepared: PreparedFrame) -> list[Segment]:
    """Return the segment, or a box and its content, or stacked objects, of one colour."""
    if not prepared.known:
        return [segment]
    points = prepared.view.points(segment.pixels, prepared.depth)
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    near = [
        candidate
        for candidate in prepared.known
        if np.all(candidate.position[:2] > low - _NEAR)
        and np.all(candidate.position[:2] < high + _NEAR)
    ]
    for box in near:
        if box.shape == 'box' and len(segment.pixels) >= _OF_A_BOX:
            within = inside_of_box(points, box)
            if within.sum() >= _FEWEST:
                return _parts(segment, [~within, within], 1.0)
    return _stacked(
        segment, points, [candidate for candidate in near if candidate.shape in COMPACT]
    )


def _stacked(segment: Segment, points: Points, near: list[KnownObject]) -> list[Segment]:
    """Assign each point to the closest known surface; the whole segment when the fit is poor."""
    if len(near) < 2:
        return [segment]
    distance = np.abs(
        [
            distance_to_cuboid(points, candidate.position, candidate.yaw, candidate.size)
            for candidate in near
        ]
    )
    owner = distance.argmin(axis=0)
    masks = [owner == k for k in range(len(near))]
    masks = [mask for mask in masks if mask.sum() >= _FEWEST]
    if len(masks) < 2 or quantile(distance.min(axis=0), 0.85) > _FITS:
        return [segment]
    return _parts(segment, masks, 0.0)


def _parts(segment: Segment, masks: list[NDArray[np.bool_]], hidden_below: float) -> list[Segment]:
    hidden = max(segment.hidden, _PARTLY) if hidden_below == 0.0 else segment.hidden
    return [Segment(segment.pixels[mask], hidden, hidden_below) for mask in masks]
