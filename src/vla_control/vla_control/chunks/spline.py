"""Smooth interpolation through the rows of a chunk: continuous in velocity and acceleration,
decelerating at the end.
"""

from __future__ import annotations

import numpy as np
from scipy.interpolate import CubicSpline

from vla_core.frozen import Array


class ChunkSpline:
    """Natural cubic spline through rows (h, m) over the row index; constant outside.

    The last `ease` rows take twice their time, so that a motion without a successor comes to rest
    on its path instead of overshooting it.
    """

    def __init__(self, rows: Array, ease: float = 0.0) -> None:
        self.rows = rows
        self.last = len(rows) - 1
        self.ease = min(ease, 0.5 * self.last)
        self._spline = (
            CubicSpline(np.arange(len(rows)), rows, bc_type='natural') if self.last > 0 else None
        )

    def at(self, row: float) -> Array:
        """Return the (m,) values at `row`; the first row before it, the last row after it."""
        row = self.eased(row)
        if self._spline is None or row >= self.last:
            return self.rows[self.last]
        if row <= 0.0:
            return self.rows[0]
        value: Array = self._spline(row)
        return value

    def eased(self, row: float) -> float:
        """Return the row reached at the time of `row`: the same up to the last `ease` rows, then
        decelerating to the end.
        """
        begin = self.last - self.ease
        if row <= begin or self.ease <= 0.0:
            return row
        s = min((row - begin) / (2.0 * self.ease), 1.0)
        return begin + self.ease * s * (2.0 - s)
