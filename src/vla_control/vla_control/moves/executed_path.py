"""Which way the arm came: the executed path with what the hand touched, so that it can be gone
back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_core.frozen import Array
from vla_core.records.action import Contact

SPACING = 0.006  # rad, no joint moves further from one kept point to the next, until it is thinned
FINGERS = 0.0005  # m, nor do the fingers
JUMP = 0.1  # rad, a longer step was not made by us: nothing before it is a way back
MAX_POINTS = 1500  # points; beyond, the older half is thinned
APPROACH = 150  # points kept without contact


@dataclass(frozen=True)
class PathPoint:
    """One state that was passed."""

    stamp: float  # s, ROS time
    q: Array  # (n,) rad, commanded
    tool: Array  # (3,) m, base_link
    opening: float  # m, measured
    contact: Contact


class ExecutedPath:
    """The way here, oldest first. Without contact only the last of it is kept: more is never gone
    back.
    """

    def __init__(self) -> None:
        self.points: list[PathPoint] = []

    def put(self, point: PathPoint) -> None:
        """Remember a state, when it is away from the last one."""
        if not self.points:
            self.points.append(point)
            return
        last = self.points[-1]
        step = float(np.abs(point.q - last.q).max())
        if not step <= JUMP:
            self.points = [point]
            return
        is_same = step < SPACING and abs(point.opening - last.opening) < FINGERS
        if is_same and point.contact == last.contact:
            return
        self.points.append(point)
        self._trim()

    def clear(self) -> None:
        """Forget the way."""
        self.points = []

    def drop(self, count: int) -> None:
        """Forget the last `count` points: they have been gone back."""
        del self.points[len(self.points) - count :]

    def back_to_free(self, clear: float) -> tuple[list[PathPoint], list[PathPoint]]:
        """The way back, newest first: to where the hand closed or began to touch, and from there
        to `clear` m beyond it, where nothing was touched.
        """
        if not self.points:
            return [], []
        k = len(self.points)
        while k > 0 and self.points[k - 1].contact != Contact.NONE:
            k -= 1
        k = max(k - self._closing(k), 0)
        touched, free = self.points[k:][::-1], []
        begin = (self.points[k] if k < len(self.points) else self.points[-1]).tool
        for point in reversed(self.points[:k]):
            if point.contact != Contact.NONE:
                break
            free.append(point)
            if float(np.linalg.norm(point.tool - begin)) >= clear:
                break
        return touched, free

    def _closing(self, first: int) -> int:
        """How many points before `first`, the first with contact, had the fingers as far closed as
        there: they had closed already, it only was not known yet.
        """
        if first >= len(self.points) or self.points[first].contact != Contact.HOLDING:
            return 0
        width, count = self.points[first].opening + 2 * FINGERS, 0
        while count < first and self.points[first - count - 1].opening <= width:
            count += 1
        return count

    def _trim(self) -> None:
        free = 0
        while free < len(self.points) and self.points[-1 - free].contact == Contact.NONE:
            free += 1
        if free > 2 * APPROACH:
            del self.points[:-APPROACH]
        if len(self.points) > MAX_POINTS:
            half = len(self.points) // 2
            old = self.points[:half]
            kept = [p for k, p in enumerate(old) if k % 2 == 0 or p.contact != old[k - 1].contact]
            self.points = kept + self.points[half:]
