"""A smooth curve through the rows of a chunk: continuous in velocity and acceleration, slowing
down at its end.
"""

from __future__ import annotations

import numpy as np

from vla_core.frozen import Array


class ChunkSpline:
    """Natural cubic spline through rows (h, m) over the row index; stands at the last row in the
    end.

    The last `ease` rows take twice their time, so that a motion that nobody continues comes to
    rest on its path instead of overshooting it.
    """

    def __init__(self, rows: Array, ease: float = 0.0) -> None:
        self.rows = rows
        self.last = len(rows) - 1
        self.ease = min(ease, 0.5 * self.last)
        self._bend = second_derivatives(rows)  # (h, m) per row^2

    def at(self, row: float) -> Array:
        """Return the (m,) values at `row`; the first row before it."""
        row = self.eased(row)
        if row >= self.last:
            return self.rows[self.last]
        if row <= 0.0:
            return self.rows[0]
        k = int(row)
        s = row - k
        r = 1.0 - s
        value: Array = (
            r * self.rows[k]
            + s * self.rows[k + 1]
            + ((r**3 - r) * self._bend[k] + (s**3 - s) * self._bend[k + 1]) / 6.0
        )
        return value

    def eased(self, row: float) -> float:
        """The row reached at the moment of `row`: the same up to the last `ease` rows, then
        decelerating to the end.
        """
        begin = self.last - self.ease
        if row <= begin or self.ease <= 0.0:
            return row
        s = min((row - begin) / (2.0 * self.ease), 1.0)
        return begin + self.ease * s * (2.0 - s)


def second_derivatives(rows: Array) -> Array:
    """(h, m) second derivatives at the rows of the natural cubic spline: the tridiagonal system
    b'' (1 4 1) = 6 d2.
    """
    h = len(rows)
    bend = np.zeros_like(rows)
    if h > 2:
        matrix = 4.0 * np.eye(h - 2) + np.eye(h - 2, k=1) + np.eye(h - 2, k=-1)
        bend[1:-1] = np.linalg.solve(matrix, 6.0 * np.diff(rows, 2, axis=0))
    return bend
