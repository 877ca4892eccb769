"""One object over time: pose, shape and colour by majority; visible, held or remembered."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vla_perception.detection.colour import GREYS
from vla_perception.detection.container import is_wall_or_floor, shift_to_cover
from vla_perception.detection.order_statistics import quantile
from vla_perception.detection.protocol import Detection, label_of
from vla_perception.detection.solids import distance_to_cuboid

Points = NDArray[Any]
_CLEAR = 0.12  # with less of its outline hidden the whole object is visible
_FITS = 0.005  # m; points this close to the remembered box are no evidence of motion
_INSIDE = 0.010  # m; a segment this close to or inside the box is part of the object
_SURE = 3  # sightings after which the size is known
_PART = 0.8  # smallest share of its footprint in a measurement of the whole open box
_MERGED = 1.45  # times its volume: merged with another object; more than lying down changes it
_HALF = 0.4  # with more of its outline hidden a fall cannot be detected
_FELL = 0.025  # m below the held position: it fell
_FIXED = ('housing', 'button')  # do not move when a part of them is hidden
_STILL = 0.004  # m; closer measurements are averaged, farther ones followed
_STEP = 5e-4  # m, step of the numeric gradient
_MOST_SHIFT = 0.04  # m; a visible part farther off is no evidence of the hidden rest
_MOST_VOTES = 30  # frames that count for colour and shape


@dataclass
class Track:
    """One object; `position`, `yaw`, `size` as in GroundedObject."""

    id: int
    position: Points
    yaw: float
    size: Points
    box: tuple[float, float, float, float]
    shapes: Counter[str] = field(default_factory=Counter)
    colours: Counter[str] = field(default_factory=Counter)
    hidden: float = 0.0  # of the measurement that set the pose
    is_visible: bool = True
    is_held: bool = False
    is_released: bool = False  # released in the air and not seen since
    missing: int = 0  # consecutive frames in which its position was seen to be empty
    frames: int = 0  # measurements in the current average
    sightings: int = 0  # frames in which it was seen
    sigma: float = 0.003  # m

    @property
    def shape(self) -> str:
        return self.shapes.most_common(1)[0][0]

    @property
    def colour(self) -> str:
        return self.colours.most_common(1)[0][0]

    @property
    def label(self) -> str:
        return label_of(self.colour, self.shape)

    @property
    def middle(self) -> Points:
        """(3,) m, centre of its box; a button's position is its top."""
        if self.shape == 'button':
            return self.position - [0.0, 0.0, self.size[2] / 2]
        return self.position

    def shape_share(self, shape: str) -> float:
        """[0, 1] of the votes."""
        return self.shapes[shape] / max(self.shapes.total(), 1e-9)

    def colour_share(self, colour: str) -> float:
        """[0, 1] of the votes."""
        return self.colours[colour] / max(self.colours.total(), 1e-9)

    def see(self, seen: Detection) -> None:
        """Update with one measurement."""
        self.is_visible, self.missing = not seen.is_inferred, 0
        if self.is_visible:
            self.box = seen.box
        self.is_released = False
        self.sightings += 1
        if self.sightings > _SURE and seen.size.prod() > _MERGED * self.size.prod():
            return  # merged with another object of its colour
        self._vote(seen)
        if self.is_held:
            self.is_held = not self._fell(seen)
        if self.is_held:
            return  # its position follows the gripper
        if self._is_whole(seen):
            self._follow(seen)
        elif self.shape not in _FIXED and not self.explains(seen.points):
            self._follow_part(seen)

    def _fell(self, seen: Detection) -> bool:
        """True when a held object is seen well below the gripper."""
        return bool(seen.hidden <= _HALF and seen.position[2] < self.position[2] - _FELL)

    def _is_whole(self, seen: Detection) -> bool:
        """True for a measurement of the whole object, not of a part of it."""
        if self.frames == 0 or self.shape == 'drawer':
            return True
        if self.shape == 'box' and seen.size[:2].prod() < _PART * self.size[:2].prod():
            return False  # an occluder that splits it need not touch the outline of a half
        return bool(seen.hidden <= _CLEAR or seen.hidden <= self.hidden - 0.1)

    def contains(self, seen: Detection) -> bool:
        """True when a segment is only a part of this object: of its colour and inside its box."""
        is_alike = seen.colour == self.colour or (seen.colour in GREYS and self.colour in GREYS)
        if not is_alike or len(seen.points) == 0:
            return False
        if self.shape == 'box':
            return is_wall_or_floor(seen.points, self.position, self.yaw, self.size)
        distance = distance_to_cuboid(seen.points, self.middle, self.yaw, self.size)
        return quantile(distance, 0.8) <= _INSIDE

    def explains(self, points: Points) -> bool:
        """True when the points lie on the object at its remembered pose."""
        if len(points) == 0:
            return True
        if self.shape == 'box':
            return is_wall_or_floor(points, self.position, self.yaw, self.size)
        distance = distance_to_cuboid(points, self.middle, self.yaw, self.size)
        return quantile(np.abs(distance), 0.8) <= _FITS

    def _vote(self, seen: Detection) -> None:
        weight = seen.confidence * (1.0 if seen.hidden <= _CLEAR else 0.3)
        for votes, name in ((self.shapes, seen.shape), (self.colours, seen.colour)):
            if votes.total() >= _MOST_VOTES:
                for key in votes:
                    votes[key] *= 0.9  # type: ignore[assignment]
            votes[name] += weight  # type: ignore[assignment]

    def _follow(self, seen: Detection) -> None:
        moved = float(np.linalg.norm(seen.position - self.position)) > _STILL
        self.frames = 1 if moved else min(self.frames + 1, 8)
        gain = 1.0 / self.frames
        self.position = self.position + gain * (seen.position - self.position)
        self.size = self.size + (gain if seen.hidden <= _CLEAR else 0.0) * (seen.size - self.size)
        quarter = np.pi / 2
        turn = (seen.yaw - self.yaw + quarter / 2) % quarter - quarter / 2
        self.yaw = float(self.yaw + (1.0 if abs(turn) > 0.1 else gain) * turn)
        self.hidden = seen.hidden
        self.sigma = 0.003 + 0.01 * seen.hidden

    def _follow_part(self, seen: Detection) -> None:
        """Move the remembered object by the smallest shift that explains the visible part."""
        if self.shape == 'box':
            shift = shift_to_cover(seen.points, self.position, self.yaw, self.size)
        else:
            shift = self._shift_onto(seen.points)
        self.position = self.position + shift
        if np.linalg.norm(shift) > _MOST_SHIFT or not self.explains(seen.points):
            self.position = np.asarray(seen.position, float)
        self.sigma = 0.008
        self.frames = 1

    def _shift_onto(self, points: Points) -> Points:
        """Return the shift (3,) m that fits the surface to the points (8 damped steps)."""
        shift = np.zeros(3)
        for _ in range(8):
            here = distance_to_cuboid(points, self.position + shift, self.yaw, self.size)
            moved = [self.position + shift + _STEP * axis for axis in np.eye(3)]
            there = [distance_to_cuboid(points, p, self.yaw, self.size) for p in moved]
            slope = (np.array(there).T - here[:, None]) / _STEP
            normal = slope.T @ slope + np.eye(3) * (0.02 * len(here) + 1.0)
            shift = shift - np.linalg.solve(normal, slope.T @ here)
        return shift
