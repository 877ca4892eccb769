"""A smooth curve through the rows of a chunk: continuous in velocity, and never beyond the rows themselves."""

from __future__ import annotations

import numpy as np

from vla_core.frozen import Array


class Curve:
    """Monotone cubic through rows (h, m), over the row index; stands still at the last row.

    Slopes are the harmonic mean of the neighbouring steps (Fritsch and Butland 1984), so that a column never leaves
    the interval between two rows: a gripper above a table does not dip below the lowest row asked for.
    """

    def __init__(self, rows: Array) -> None:
        self.rows = rows
        self.slopes = np.zeros_like(rows)  # per row
        steps = np.diff(rows, axis=0)
        if len(steps) > 1:
            before, after = steps[:-1], steps[1:]
            product = before * after
            total = np.where(product > 0.0, before + after, 1.0)
            self.slopes[1:-1] = np.where(product > 0.0, 2.0 * product / total, 0.0)
        if len(steps):
            self.slopes[0] = steps[0]

    def at(self, row: float) -> Array:
        """Return the (m,) values at `row`; the first row before it, the last one after it."""
        last = len(self.rows) - 1
        if row >= last:
            return self.rows[last]
        if row <= 0.0:
            return self.rows[0]
        k = int(row)
        s = row - k
        rest = 1.0 - s
        a, b = self.rows[k], self.rows[k + 1]
        value: Array = (
            (1.0 + 2.0 * s) * rest * rest * a
            + s * s * (3.0 - 2.0 * s) * b
            + s * rest * (rest * self.slopes[k] - s * self.slopes[k + 1])
        )
        return value
