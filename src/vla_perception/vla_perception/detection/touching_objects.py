"""Parts one piece of one colour into the known things that make it up: what memory is for."""

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
_FEWEST = 15  # px, of a thing that is told apart by memory alone
_OF_A_BOX = 150  # px, a box shows at least this many
_NEAR = 0.05  # m, from the piece to the middle of a thing in it
_FITS = 0.006  # m, most points lie this near to a known thing when none has moved
_PARTLY = 0.3  # how hidden a part counts: its outline against the other part is a guess


def unpack(segment: Segment, sight: PreparedFrame) -> list[Segment]:
    """Return the piece, or a box and what lies in it, or things stacked, of one colour."""
    if not sight.known:
        return [segment]
    points = sight.view.points(segment.pixels, sight.depth)
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    near = [
        thing
        for thing in sight.known
        if np.all(thing.position[:2] > low - _NEAR) and np.all(thing.position[:2] < high + _NEAR)
    ]
    for box in near:
        if box.shape == 'box' and len(segment.pixels) >= _OF_A_BOX:
            within = inside_of_box(points, box)
            if within.sum() >= _FEWEST:
                return _parts(segment, [~within, within], 1.0)
    return _stacked(segment, points, [thing for thing in near if thing.shape in COMPACT])


def _stacked(segment: Segment, points: Points, near: list[KnownObject]) -> list[Segment]:
    """Give each point to the thing whose surface is nearest, when that explains the piece."""
    if len(near) < 2:
        return [segment]
    distance = np.abs(
        [distance_to_cuboid(points, thing.position, thing.yaw, thing.size) for thing in near]
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
