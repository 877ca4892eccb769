"""The table top near z = 0, found in every frame: a plane that may be a little off and a little tilted."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.floating]


@dataclass
class Table:
    """Plane z = a x + b y + c, followed slowly; stays where it was when too little of it is seen."""

    band: float  # m, points this near to the last plane may belong to it
    max_tilt: float  # rad
    plane: Points = field(default_factory=lambda: np.zeros(3))  # a, b, c

    def height(self, points: Points) -> Points:
        """(n,) m above the plane of points (n, 3)."""
        return points[:, 2] - points[:, :2] @ self.plane[:2] - self.plane[2]

    def refine(self, points: Points) -> bool:
        """Follow the points (n, 3) that lie near the plane; False when they do not make one."""
        points = np.asarray(points, float)
        plane = self.plane
        for band in (self.band, self.band / 2):
            off = points[:, 2] - points[:, :2] @ plane[:2] - plane[2]
            near = points[np.abs(off) <= band]
            if len(near) < 200:
                return False
            rows = np.c_[near[:, :2], np.ones(len(near))]
            plane = np.linalg.lstsq(rows, near[:, 2], rcond=None)[0]
        if not (
            np.hypot(plane[0], plane[1]) <= np.tan(self.max_tilt) and abs(plane[2]) <= self.band
        ):
            return False
        self.plane = 0.7 * self.plane + 0.3 * plane if self.plane.any() else plane
        return True
