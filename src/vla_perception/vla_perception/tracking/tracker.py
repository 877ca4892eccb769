"""Data association of detections and tracks; hidden objects are kept, absent ones dropped."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from vla_perception.detection.colour import GREYS
from vla_perception.detection.protocol import Detection, KnownObject, PreparedFrame
from vla_perception.params import GrounderParams
from vla_perception.tracking.track import Track

Points = NDArray[np.floating]
_OTHER_COLOUR = 0.05  # m added to the distance when the colours differ
_OTHER_SHAPE = 0.015  # m added when the shapes differ
COMPOUND = ('box', 'housing', 'front', 'button', 'drawer')  # never associated with another shape
_HIDDEN = 0.6  # largest hidden share of the outline of a new object
_HIDDEN_GREY = 0.25  # the same for one with the robot's colours
_CORNERS = np.array([[x, y, z] for x in (-0.3, 0.3) for y in (-0.3, 0.3) for z in (0.0, 0.45)])


class Tracker:
    """Keeps ids stable, keeps hidden objects, drops those whose position is seen to be empty."""

    def __init__(self, params: GrounderParams) -> None:
        self._params = params
        self._next = 1
        self._updates = 0
        self.tracks: list[Track] = []

    def clear(self) -> None:
        """Drop all tracks."""
        self.tracks = []
        self._updates = 0

    def update(self, detections: list[Detection], prepared: PreparedFrame) -> None:
        """Update the tracks with the detections of one frame."""
        for track in self.tracks:
            track.is_visible = False
        pairs = _assign(self.tracks, detections, self._cost, self._params.associate)
        for track, seen in pairs:
            track.see(seen)
        taken = {id(seen) for _, seen in pairs}
        rest = [seen for seen in detections if id(seen) not in taken and not self._is_part(seen)]
        jumps = _assign(self._lost(prepared), rest, _distance_to_like, self._params.jump)
        for track, seen in jumps:
            track.see(seen)
        taken = {id(seen) for _, seen in jumps}
        for seen in rest:
            if id(seen) not in taken and _is_worth_a_track(seen):
                self._start(seen)
        self.tracks = [track for track in self.tracks if not self._is_gone(track, prepared)]
        self._updates += 1

    @property
    def confirmed(self) -> list[Track]:
        """Tracks seen at least twice; in the first frame, all."""
        return [track for track in self.tracks if track.sightings > 1 or self._updates <= 1]

    @property
    def known(self) -> tuple[KnownObject, ...]:
        """Objects seen often enough to be separated where they touch. A drawer's front counts at
        once: its motion from one image to the next is that of a hidden handle."""
        return tuple(
            KnownObject(track.shape, track.colour, track.position, track.yaw, track.size)
            for track in self.tracks
            if track.sightings > 1 or track.shape == 'front'
        )

    def _is_part(self, seen: Detection) -> bool:
        """True for a segment of a known object that an occluder splits; a front is never one: it
        begins inside its housing."""
        if seen.shape == 'front':
            return False
        whole = next((track for track in self.tracks if track.contains(seen)), None)
        if whole is not None:
            whole.is_visible, whole.missing = True, 0
        return whole is not None

    def _lost(self, prepared: PreparedFrame) -> list[Track]:
        """Tracks without a detection whose position is empty in the image."""
        return [
            track
            for track in self.tracks
            if not (track.is_visible or track.is_held) and look_through(track, prepared)[0] > 0.6
        ]

    def _cost(self, track: Track, seen: Detection) -> float:
        """Distance in m, plus a penalty for another colour or shape; less for a visible part."""
        cost = float(np.linalg.norm(track.position - seen.position))
        if (seen.hidden > 0.1 or track.is_held) and track.explains(seen.points):
            cost = min(cost, 0.01)
        if seen.colour != track.colour:
            cost += _OTHER_COLOUR
        if (seen.shape in COMPOUND or track.shape in COMPOUND) and seen.shape != track.shape:
            return np.inf
        if seen.shape != track.shape and seen.hidden <= 0.3:
            cost += _OTHER_SHAPE
        return cost

    def _start(self, seen: Detection) -> None:
        track = Track(self._next, seen.position, seen.yaw, seen.size, seen.box)
        track.see(seen)
        self._next += 1
        self.tracks.append(track)

    def _is_camouflaged(self, track: Track) -> bool:
        """True for an object in a box of its colour: a missing detection is weak evidence."""
        return any(
            box.shape == 'box'
            and box.colour == track.colour
            and np.linalg.norm(box.position[:2] - track.position[:2]) < 0.5 * box.size[:2].max()
            for box in self.tracks
            if box is not track
        )

    def settle(self) -> None:
        """Drop released objects onto the surface below them; called before the image is used."""
        for track in self.tracks:
            if track.is_released:
                self._fall(track)

    def _fall(self, track: Track) -> None:
        below = [
            other.position[2] + other.size[2] / 2
            for other in self.tracks
            if other is not track
            and other.shape != 'box'
            and np.linalg.norm(other.position[:2] - track.position[:2])
            < 0.4 * other.size[:2].max()
            and other.position[2] < track.position[2]
        ]
        height = max(below, default=0.0) + track.size[2] / 2
        track.position = np.r_[track.position[:2], min(height, track.position[2])]
        track.is_released = False
        track.sigma = 0.02

    def _is_gone(self, track: Track, prepared: PreparedFrame) -> bool:
        """Count frames in which the object's position is seen to be empty."""
        if track.is_visible or track.is_held:
            return False
        if track.sightings < 2:
            return True
        through, blocked = look_through(track, prepared)
        if through > 0.6 and not self._is_camouflaged(track):
            track.missing += 1
        elif blocked > 0.3:
            track.missing = 0
        return track.missing >= self._params.forget_after


Cost = Callable[[Track, Detection], float]


def _assign(
    tracks: list[Track], detections: list[Detection], cost_of: Cost, most: float
) -> list[tuple[Track, Detection]]:
    """Return the assignment of least total cost, without pairs above `most`."""
    if not (tracks and detections):
        return []
    cost = np.array([[cost_of(track, seen) for seen in detections] for track in tracks])
    rows, cols = linear_sum_assignment(np.minimum(cost, 10.0))
    chosen = zip(rows, cols, strict=True)
    return [(tracks[r], detections[c]) for r, c in chosen if cost[r, c] <= most]


def _distance_to_like(track: Track, seen: Detection) -> float:
    is_like = track.colour == seen.colour and (track.shape == seen.shape or seen.hidden > 0.3)
    return float(np.linalg.norm(track.position - seen.position)) if is_like else np.inf


def _is_worth_a_track(seen: Detection) -> bool:
    """False for a possible edge of the robot outside its mask, or the rest of a hidden object."""
    return seen.hidden <= (_HIDDEN_GREY if seen.colour in GREYS else _HIDDEN)


def look_through(track: Track, prepared: PreparedFrame) -> tuple[float, float]:
    """Return the fractions of an object's points that are empty in the image, and hidden."""
    c, s = np.cos(track.yaw), np.sin(track.yaw)
    local = _CORNERS * track.size
    points = np.c_[
        c * local[:, 0] - s * local[:, 1], s * local[:, 0] + c * local[:, 1], local[:, 2]
    ]
    pixels, expected = prepared.view.project(points + track.middle)
    column, row = np.rint(pixels).astype(int).T
    height, width = prepared.depth.shape
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    if not inside.any():
        return 0.0, 1.0
    seen = prepared.depth[row[inside], column[inside]]
    gap = seen - expected[inside]
    is_robot = prepared.is_robot[row[inside], column[inside]]  # padded
    through = (gap > 0.012) & ~is_robot  # NaN is neither
    blocked = (gap < -0.03) | is_robot
    return float(through.mean()), float(blocked.mean())
