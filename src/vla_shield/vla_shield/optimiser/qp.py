"""The nearest point of a box cut by half-spaces: dual coordinate ascent, few sweeps."""

from __future__ import annotations

import numpy as np

from vla_core.frozen import Array

PASSES = 3  # each adds the sides of the box that the one before left


def solve_qp(
    asked: Array, box: tuple[Array, Array], rows: Array, floor: Array, metric: Array, sweeps: int
) -> Array:
    """Minimise (u - asked)' M (u - asked) with lower <= u <= upper and rows @ u >= floor.

    u (n,), rows (m, n), M = `metric` (n, n) positive definite; `asked` is in the box. At most
    `sweeps` / 2 sweeps a pass; a row may be missed a little, the box never: the caller certifies.
    """
    lower, upper = box
    u = np.clip(asked, lower, upper)
    if np.all(rows @ u >= floor):
        return u
    inverse = np.asarray(np.linalg.inv(metric), dtype=np.float64)
    sides = np.eye(len(u))
    for _ in range(PASSES):
        u = _ascend(asked, rows, floor, inverse, -(-sweeps // 2))
        low, high = np.flatnonzero(u < lower - 1e-9), np.flatnonzero(u > upper + 1e-9)
        if not len(low) and not len(high):
            break
        rows = np.concatenate((rows, sides[low], -sides[high]))
        floor = np.concatenate((floor, lower[low], -upper[high]))
    return np.clip(u, lower, upper)


def _ascend(asked: Array, rows: Array, floor: Array, inverse: Array, sweeps: int) -> Array:
    """Meet one row after the other, and let go of those that need no longer be met."""
    pushes = rows @ inverse  # (m, n): where a row pushes u
    gram = (rows @ pushes.T).tolist()  # plain lists: far quicker than arrays of this size
    short = (floor - rows @ asked).tolist()  # by how much each row is missed
    usable = [k for k in range(len(gram)) if gram[k][k] > 1e-12]
    dual = [0.0] * len(gram)
    for _ in range(sweeps):
        largest = 0.0
        for k in usable:
            step = max(short[k] / gram[k][k], -dual[k])
            if step != 0.0:
                dual[k] += step
                short = [s - step * g for s, g in zip(short, gram[k], strict=True)]
                largest = max(largest, abs(step))
        if largest < 1e-9:
            break
    return asked + np.array(dual) @ pushes
