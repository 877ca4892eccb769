"""Where a robot reaches with its tool pointing down: mount, work area and home pose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_core import geometry
from vla_core.authoring.clearance import Clearance
from vla_core.frozen import Array
from vla_core.robot.inverse_kinematics import joints_at
from vla_core.robot.model import RobotModel

AREA_X, AREA_Y = (0.33, 0.60), (-0.28, 0.28)  # m, where objects are placed on the table
LOW, HIGH = 0.016, 0.20  # m, of the tip in a grasp and in transit
HOME_HEIGHTS = (0.35, 0.30, 0.25, 0.20, 0.16)  # m, tried in turn
MARGIN = 0.08  # rad, kept from the limits
FLOOR = 0.03  # least singular value of a good configuration
SELF, TABLE = 0.012, 0.035  # m, clearances of a good configuration
SEEDS = 24  # random starts of the inverse kinematics
STEP, SMALL_STEP = 0.05, 0.025  # m, of the grid; for an arm below SMALL of the full size
SMALL = 0.8


@dataclass(frozen=True)
class WorkArea:
    """A rectangle on the table in which the whole height is reached, relative to the root."""

    x: tuple[float, float]
    y: tuple[float, float]

    @property
    def size(self) -> float:
        """m^2."""
        return (self.x[1] - self.x[0]) * (self.y[1] - self.y[0])


class DownReach:
    """Inverse kinematics with the tool pointing down."""

    def __init__(self, clearance: Clearance, seed: int = 0) -> None:
        self.model: RobotModel = clearance.model
        self.clearance = clearance
        self._rng = np.random.default_rng(seed)
        self.step = STEP if self.model.length_scale >= SMALL else SMALL_STEP  # m
        limits = self.model.limits
        self.low, self.high = limits.lower + MARGIN, limits.upper - MARGIN
        self._starts = (np.maximum(self.low, -np.pi), np.minimum(self.high, np.pi))

    def solve(self, pose: Array, q: Array, steps: int = 80) -> Array | None:
        """(n,) rad that reach a pose from `q`; None when they do not within the limits."""
        return joints_at(self.model, pose, q, self.low, self.high, steps)

    def solutions(self, pose: Array, count: int = SEEDS) -> list[Array]:
        """Configurations that reach a pose, from random starts; the clear ones."""
        found: list[Array] = []
        for _ in range(count):
            q = self.solve(pose, self._rng.uniform(*self._starts))
            if q is not None and self.is_clear(q):
                found.append(q)
        return found

    def is_clear(self, q: Array, table: float = TABLE) -> bool:
        """True when nothing is too near, and the arm not singular."""
        return (
            self.model.smallest_singular_value(q) >= FLOOR
            and self.clearance.of_self(q)[0] >= SELF
            and self.clearance.of_table(q)[0] >= table
        )

    def reaches(self, x: float, y: float, q: Array | None) -> Array | None:
        """Configuration in transit above a point from which the table there is reached by a
        straight motion down; None when there is none. `q`: of a neighbour."""
        top = geometry.tool_down((x, y, HIGH))
        starts = self.solutions(top, 6) if q is None else [self.solve(top, q)]
        for start in starts:
            if start is not None and self.is_clear(start) and self.descends(start, x, y):
                return start
        return None

    def descends(self, q: Array, x: float, y: float) -> bool:
        """True when the tool moves straight down to the table from `q`."""
        for height in np.linspace(HIGH, LOW, 6):
            found = self.solve(geometry.tool_down((x, y, float(height))), q, 25)
            if found is None or self.model.smallest_singular_value(found) < FLOOR:
                return False
            if self.clearance.of_self(found)[0] < SELF:
                return False
            q = found
        return True

    def area(self, x_lo: float, x_hi: float, y_most: float) -> set[tuple[int, int]]:
        """Cells (i, j) of the grid, at i and j times `step`, that are reached: those of the
        middle row from random starts, the others from a neighbour that is."""
        columns = range(round(x_lo / self.step), round(x_hi / self.step) + 1)
        most = round(y_most / self.step)
        known: dict[tuple[int, int], Array] = {}
        for i in columns:
            self._try(known, (i, 0), None)
        waiting = list(known)
        tried: set[tuple[tuple[int, int], tuple[int, int]]] = set()
        while waiting:
            i, j = waiting.pop(0)
            for cell in ((i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1)):
                is_in = cell[0] in columns and abs(cell[1]) <= most
                if not is_in or cell in known or (cell, (i, j)) in tried:
                    continue
                tried.add((cell, (i, j)))
                if self._try(known, cell, known[i, j]):
                    waiting.append(cell)
        return set(known)

    def _try(
        self, known: dict[tuple[int, int], Array], cell: tuple[int, int], near: Array | None
    ) -> bool:
        q = self.reaches(cell[0] * self.step, cell[1] * self.step, near)
        if q is not None:
            known[cell] = q
        return q is not None

    def home(self, x: float, corners: list[tuple[float, float]]) -> tuple[Array, float] | None:
        """The configuration (n,) rad and height m above x from which the arm reaches the corners
        without changing its branch, with the most distance to limits and singularities."""
        for height in HOME_HEIGHTS:
            pose = geometry.tool_down((x, 0.0, height))
            scored = [(self._worth(q, corners), q) for q in self.solutions(pose, 2 * SEEDS)]
            scored = [(worth, q) for worth, q in scored if worth > 0.0]
            if scored:
                return max(scored, key=lambda item: item[0])[1], height
        return None

    def _worth(self, q: Array, corners: list[tuple[float, float]]) -> float:
        """Least normalised distance to limits and singularities on the way to the corners; 0 when
        one is not reached."""
        worst = np.inf
        start = self.model.fk(q)[:3, 3]
        for corner in corners:
            at = q
            for share in np.linspace(0.0, 1.0, 7):
                x, y = start[:2] + share * (np.array(corner) - start[:2])
                z = start[2] + min(2.0 * share, 1.0) * (min(HIGH, start[2]) - start[2])
                found = self.solve(geometry.tool_down((x, y, z)), at, 30)
                if found is None or not self.is_clear(found):
                    return 0.0
                at = found
                worst = min(worst, self._room(at))
            if not self.descends(at, *corner):
                return 0.0
        return worst - 2.0 * self._aside(q) + min(self.clearance.of_table(q)[0], 0.3)

    def _aside(self, q: Array) -> float:
        """m, how far the joints are beside the vertical plane through root and tip."""
        self.model.fk(q)
        return max(abs(float(joint.translation[1])) for joint in self.model.pin_data.oMi[1:])

    def _room(self, q: Array) -> float:
        room = np.minimum(q - self.low, self.high - q).min()
        singular = self.model.smallest_singular_value(q)
        return float(min(room, 1.0) + 2.0 * min(singular, 0.3))


def rectangles(cells: set[tuple[int, int]], step: float) -> list[WorkArea]:
    """Rectangles of reached cells that are symmetric about y = 0: for each width the longest, and
    that one without its far row."""
    found: list[WorkArea] = []
    columns = sorted({i for i, _ in cells})
    most = max((abs(j) for _, j in cells), default=0)
    for j in range(1, most + 1):
        whole = [i for i in columns if all((i, k) in cells for k in range(-j, j + 1))]
        for first, last in _runs(whole):
            areas = [
                WorkArea((first * step, end * step), (-j * step, j * step))
                for end in (last, last - 1)
            ]
            found += [area for area in areas if area.size > 0.0]
    return found


def _runs(columns: list[int]) -> list[tuple[int, int]]:
    """First and last of every run of numbers in a row."""
    runs: list[tuple[int, int]] = []
    for i in columns:
        if runs and i == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], i)
        else:
            runs.append((i, i))
    return runs


def covers_default(cells: set[tuple[int, int]], step: float) -> bool:
    """True when the usual area is reached."""
    rows = range(round(AREA_Y[0] / step), round(AREA_Y[1] / step) + 1)
    columns = range(round(AREA_X[0] / step), round(AREA_X[1] / step) + 1)
    return all((i, j) in cells for i in columns for j in rows)
