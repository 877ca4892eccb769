"""The nearest point of a box cut by half-spaces: dual coordinate ascent, a fixed number of
sweeps."""

from __future__ import annotations

import numpy as np

from vla_core.frozen import Array


def nearest(
    asked: Array, box: tuple[Array, Array], rows: Array, floor: Array, sweeps: int
) -> Array:
    """Minimise |u - asked|^2 with lower <= u <= upper and rows @ u >= floor; u (n,), rows (m, n).

    Dykstra's alternating projections, which is dual coordinate ascent here. The last projection is
    the box, so a row may be missed a little: the caller certifies.
    """
    lower, upper = box
    u = np.clip(asked, lower, upper)
    if not len(rows) or np.all(rows @ u >= floor):
        return u
    square = np.einsum('ij,ij->i', rows, rows)
    usable = np.flatnonzero(square > 1e-12)
    dual = np.zeros(len(rows))
    corner = u - asked  # what the box has taken away so far
    for _ in range(sweeps):
        before = u
        for k in usable:
            step = max((floor[k] - rows[k] @ u) / square[k], -dual[k])
            dual[k] += step
            u = u + step * rows[k]
        free = u - corner
        u = np.clip(free, lower, upper)
        corner = u - free
        if np.abs(u - before).max() < 1e-7:
            break
    return u
