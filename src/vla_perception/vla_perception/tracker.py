"""Which detection is which known thing, what is only hidden, and what is gone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from vla_perception.colour import GREYS
from vla_perception.detection import Detection, Sight
from vla_perception.params import GrounderParams
from vla_perception.tracks import Track

Points = NDArray[np.floating]
_OTHER_COLOUR = 0.05  # m added to the distance when the colours differ
_OTHER_SHAPE = 0.015  # m added when the shapes differ
_HIDDEN = 0.6  # a new thing shows more of its outline than this
_HIDDEN_GREY = 0.25  # and more of it when it has the robot's colours
_CORNERS = np.array([[x, y, z] for x in (-0.3, 0.3) for y in (-0.3, 0.3) for z in (0.0, 0.45)])


class Tracker:
    """Keeps ids steady, remembers what is hidden, forgets what is seen to be gone."""

    def __init__(self, params: GrounderParams) -> None:
        self._params = params
        self._next = 1
        self._updates = 0
        self.tracks: list[Track] = []

    def clear(self) -> None:
        """Forget everything."""
        self.tracks = []
        self._updates = 0

    def update(self, detections: list[Detection], sight: Sight) -> None:
        """Take the things of one frame in."""
        pairs = self._associate(detections)
        for track in self.tracks:
            track.is_visible = False
        for track, seen in pairs:
            track.see(seen)
        taken = {id(seen) for _, seen in pairs}
        for seen in detections:
            if id(seen) not in taken and not self._is_part(seen) and _is_worth_a_track(seen):
                self._start(seen)
        self.tracks = [track for track in self.tracks if not self._is_gone(track, sight)]
        self._updates += 1

    @property
    def confirmed(self) -> list[Track]:
        """Things seen at least twice; in the very first frame, everything."""
        return [track for track in self.tracks if track.sightings > 1 or self._updates <= 1]

    def _is_part(self, seen: Detection) -> bool:
        """True for a piece of a known thing that something cuts in two."""
        whole = next((track for track in self.tracks if track.contains(seen)), None)
        if whole is not None:
            whole.is_visible, whole.missing = True, 0
        return whole is not None

    def _associate(self, detections: list[Detection]) -> list[tuple[Track, Detection]]:
        if not (self.tracks and detections):
            return []
        cost = np.array([[self._cost(t, d) for d in detections] for t in self.tracks])
        rows, cols = linear_sum_assignment(np.minimum(cost, 1.0))
        return [
            (self.tracks[r], detections[c])
            for r, c in zip(rows, cols, strict=True)
            if cost[r, c] <= self._params.associate
        ]

    def _cost(self, track: Track, seen: Detection) -> float:
        """Distance in m, more for another colour or shape; a hidden thing's centre may be farther off."""
        cost = float(np.linalg.norm(track.position - seen.position))
        if (seen.hidden > 0.1 or track.is_held) and track.explains(seen.points):
            cost = min(cost, 0.01)
        if seen.colour != track.colour:
            cost += _OTHER_COLOUR
        if seen.shape != track.shape:
            cost += _OTHER_SHAPE if seen.hidden <= 0.3 else 0.0
        return cost

    def _start(self, seen: Detection) -> None:
        track = Track(self._next, seen.position, seen.yaw, seen.size, seen.box)
        track.see(seen)
        self._next += 1
        self.tracks.append(track)

    def _is_gone(self, track: Track, sight: Sight) -> bool:
        """Count frames in which the camera looks through where the thing should be."""
        if track.is_visible or track.is_held:
            return False
        if track.sightings < 2:
            return True
        through, blocked = look_through(track, sight)
        if through > 0.6:
            track.missing += 1
        elif blocked > 0.3:
            track.missing = 0
        return track.missing >= self._params.forget_after


def _is_worth_a_track(seen: Detection) -> bool:
    """False for what may be a badly masked edge of the robot or a rest of something hidden."""
    return seen.hidden <= (_HIDDEN_GREY if seen.colour in GREYS else _HIDDEN)


def look_through(track: Track, sight: Sight) -> tuple[float, float]:
    """Return the fractions of a thing's points that the camera sees past, and that something hides."""
    c, s = np.cos(track.yaw), np.sin(track.yaw)
    local = _CORNERS * track.size
    points = np.c_[
        c * local[:, 0] - s * local[:, 1], s * local[:, 0] + c * local[:, 1], local[:, 2]
    ]
    pixels, expected = sight.view.project(points + track.position)
    column, row = np.rint(pixels).astype(int).T
    height, width = sight.depth.shape
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    if not inside.any():
        return 0.0, 1.0
    seen = sight.depth[row[inside], column[inside]]
    gap = seen - expected[inside]
    through = gap > 0.012  # NaN is neither
    blocked = (gap < -0.03) | sight.is_robot[row[inside], column[inside]]
    return float(through.mean()), float(blocked.mean())
