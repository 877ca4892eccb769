"""The executed path with what the gripper touched, so that the arm can return along it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_core.frozen import Array
from vla_core.records.action import Contact

SPACING = 0.006  # rad, largest joint distance of two stored points, until they are thinned
FINGERS = 0.0005  # m, the same for the gripper opening
JUMP = 0.1  # rad, a larger step means the arm was moved externally; the path is discarded
MAX_POINTS = 1500  # beyond, the older half is thinned
APPROACH = 150  # points kept without contact


@dataclass(frozen=True)
class PathPoint:
    """One executed state."""

    stamp: float  # s, ROS time
    q: Array  # (n,) rad, commanded
    tool: Array  # (3,) m, base frame
    opening: float  # m, measured
    contact: Contact


class ExecutedPath:
    """The path to the current state, oldest first. Without contact only its end is kept: a
    roll-back needs no more.
    """

    def __init__(self) -> None:
        self.points: list[PathPoint] = []

    def put(self, point: PathPoint) -> None:
        """Store a state that differs from the last one."""
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
        """Delete all points."""
        self.points = []

    def drop(self, count: int) -> None:
        """Delete the last `count` points: the arm has returned along them."""
        del self.points[len(self.points) - count :]

    def back_to_free(self, clearance: float) -> tuple[list[PathPoint], list[PathPoint]]:
        """Return the path back, newest first: with contact, to where the gripper closed or began
        to touch; and without contact, from there to `clearance` m beyond.
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
            if float(np.linalg.norm(point.tool - begin)) >= clearance:
                break
        return touched, free

    def _closing(self, first: int) -> int:
        """Number of points before `first` at which the fingers were already closed: they close
        before the contact is detected."""
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
