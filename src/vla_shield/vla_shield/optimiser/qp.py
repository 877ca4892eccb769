"""A small QP solver: the nearest point of a box cut by half-spaces, by dual coordinate ascent."""

from __future__ import annotations

import numpy as np

from vla_core.compiled import COUNT, MATRIX, VECTOR, compiled
from vla_core.frozen import Array

PASSES = 3  # each adds the sides of the box that the one before violates


def solve_qp(
    desired: Array, box: tuple[Array, Array], rows: Array, floor: Array, metric: Array, sweeps: int
) -> Array:
    """Minimise (u - desired)' M (u - desired) with lower <= u <= upper and rows @ u >= floor.

    u (n,), rows (m, n), M = `metric` (n, n) positive definite; `desired` is in the box. At most
    `sweeps` / 2 sweeps a pass. A row may be violated slightly, the box never: the caller checks
    the result exactly.
    """
    lower, upper = box
    u = np.clip(desired, lower, upper)
    if np.all(rows @ u >= floor):
        return u
    inverse = np.asarray(np.linalg.inv(metric), dtype=np.float64)
    sides = np.eye(len(u))
    for _ in range(PASSES):
        u = _ascend(desired, rows, floor, inverse, -(-sweeps // 2))
        low, high = np.flatnonzero(u < lower - 1e-9), np.flatnonzero(u > upper + 1e-9)
        if not len(low) and not len(high):
            break
        rows = np.concatenate((rows, sides[low], -sides[high]))
        floor = np.concatenate((floor, lower[low], -upper[high]))
    return np.clip(u, lower, upper)


def _ascend(desired: Array, rows: Array, floor: Array, inverse: Array, sweeps: int) -> Array:
    """Satisfy one row after the other, with multipliers that never become negative."""
    directions = rows @ inverse  # (m, n): how u moves per unit of a row's multiplier
    dual = _dual(rows @ directions.T, floor - rows @ desired, sweeps)
    return desired + dual @ directions


@compiled(MATRIX, VECTOR, COUNT)
def _dual(gram: Array, violation: Array, sweeps: int) -> Array:
    """Multipliers (m,) of rows with this `gram` (m, m) and `violation` (m,) at the start."""
    dual, residual = np.zeros(len(gram)), violation.copy()
    for _ in range(sweeps):
        largest = 0.0
        for k in range(len(gram)):
            if not gram[k, k] > 1e-12:
                continue
            step = residual[k] / gram[k, k]
            step = -dual[k] if -dual[k] > step else step
            if step != 0.0:
                dual[k] += step
                for i in range(len(gram)):
                    residual[i] -= step * gram[k, i]
                largest = abs(step) if abs(step) > largest else largest
        if largest < 1e-9:
            break
    return dual
