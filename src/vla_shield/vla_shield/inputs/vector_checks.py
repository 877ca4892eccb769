"""Checks on the vectors of a message: finite, within limits, changed, continuous."""

from __future__ import annotations

import numpy as np

from vla_core.compiled import INDICES, NUMBER, VECTOR, Indices, compiled
from vla_core.frozen import Array


@compiled(VECTOR, VECTOR, INDICES, VECTOR, VECTOR)
def select(
    position: Array, velocity: Array, index: Indices, lower: Array, upper: Array
) -> tuple[Array, Array, bool]:
    """Position and velocity (m,) at `index` (m,); True when the positions lie between `lower` and
    `upper` (m,) and the velocities are finite."""
    q, v = position[index], velocity[index]
    is_valid = ((lower <= q) & (q <= upper)).all() and np.isfinite(v).all()
    return q, v, bool(is_valid)


@compiled(VECTOR, VECTOR)
def are_finite(position: Array, velocity: Array) -> bool:
    """True when all numbers are finite."""
    return bool(np.isfinite(position).all() and np.isfinite(velocity).all())


@compiled(VECTOR, VECTOR)
def differ(a: Array, b: Array) -> bool:
    """True when the arrays differ."""
    return bool((a != b).any())


@compiled(VECTOR, VECTOR)
def max_ratio(values: Array, limits: Array) -> float:
    """Largest absolute value of `values` (n,) as a share of its limit; NaN if any is NaN."""
    return float(np.max(np.abs(values) / limits))


@compiled(VECTOR, VECTOR)
def max_difference(a: Array, b: Array) -> float:
    """Largest absolute difference between `a` (n,) and `b` (n,); NaN if any is NaN."""
    return float(np.max(np.abs(a - b)))


@compiled(VECTOR, VECTOR, VECTOR, VECTOR, NUMBER, VECTOR)
def continuity(
    q: Array, v: Array, q_before: Array, v_before: Array, since: float, accel: Array
) -> tuple[float, Array]:
    """Position error against the trapezoidal extrapolation from the sample `since` s before, rad,
    and the acceleration (n,) between the two, clipped to `accel` (n,) rad/s^2."""
    error = q - q_before - 0.5 * since * (v + v_before)
    acceleration = np.minimum(np.maximum((v - v_before) / since, -accel), accel)
    return float(np.max(np.abs(error))), acceleration
