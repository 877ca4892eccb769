"""What numbers of a message are: finite, within bounds, others than before, one motion with
those."""

from __future__ import annotations

import numpy as np

from vla_core.compiled import INDICES, NUMBER, VECTOR, Indices, compiled
from vla_core.frozen import Array


@compiled(VECTOR, VECTOR, INDICES)
def picked(position: Array, velocity: Array, places: Indices) -> tuple[Array, Array, bool]:
    """Position and velocity (m,) at `places` (m,), and whether all of them are finite."""
    q, v = position[places], velocity[places]
    return q, v, bool(np.isfinite(q).all() and np.isfinite(v).all())


@compiled(VECTOR, VECTOR)
def are_finite(position: Array, velocity: Array) -> bool:
    """Is every number finite?"""
    return bool(np.isfinite(position).all() and np.isfinite(velocity).all())


@compiled(VECTOR, VECTOR)
def differ(a: Array, b: Array) -> bool:
    """Is any number of `a` (n,) another than that of `b` (n,)?"""
    return bool((a != b).any())


@compiled(VECTOR, VECTOR)
def largest(values: Array, limits: Array) -> float:
    """The largest of `values` (n,), by size, as a share of its limit; NaN when there is one."""
    return float(np.max(np.abs(values) / limits))


@compiled(VECTOR, VECTOR)
def furthest(a: Array, b: Array) -> float:
    """The largest difference between `a` (n,) and `b` (n,); NaN when there is one."""
    return float(np.max(np.abs(a - b)))


@compiled(VECTOR, VECTOR, VECTOR, VECTOR, NUMBER, VECTOR)
def motion(
    q: Array, v: Array, q_before: Array, v_before: Array, since: float, most: Array
) -> tuple[float, Array]:
    """How far a position is from where the one before, `since` s ago, has led, in rad, and the
    acceleration (n,) between them, at `most` (n,) rad/s^2."""
    gap = q - q_before - 0.5 * since * (v + v_before)
    gain = np.minimum(np.maximum((v - v_before) / since, -most), most)
    return float(np.max(np.abs(gap))), gain
