"""Jacobians of points and gradients of distances, from the spatial Jacobian at the base origin."""

from __future__ import annotations

import numpy as np

from vla_core.compiled import MATRIX, NUMBER, VECTOR, compiled
from vla_core.frozen import Array


@compiled(MATRIX, VECTOR, VECTOR, VECTOR, NUMBER, VECTOR, VECTOR)
def distance_gradient(
    spatial_jacobian: Array, a: Array, b: Array, normal: Array, distance: float, moves_a: Array,
    moves_b: Array,
) -> Array:  # fmt: skip
    """Gradient for the nearest points `a` and `b` (3,) m; `moves_a` and `moves_b` (n,) are 1 where
    a joint moves the link of the point; `normal` (3,) is used where the shapes touch."""
    d = b - a
    size = np.sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2])
    d = d / size if distance > 1e-5 and size > 1e-9 else normal
    gradient = np.zeros(spatial_jacobian.shape[1])
    for sign, p, moves in ((1.0, b, moves_b), (-1.0, a, moves_a)):
        x = p[1] * d[2] - p[2] * d[1]
        y = p[2] * d[0] - p[0] * d[2]
        z = p[0] * d[1] - p[1] * d[0]
        for j in range(len(moves)):
            gradient[j] += (sign * moves[j]) * (
                d[0] * spatial_jacobian[0, j]
                + d[1] * spatial_jacobian[1, j]
                + d[2] * spatial_jacobian[2, j]
                + x * spatial_jacobian[3, j]
                + y * spatial_jacobian[4, j]
                + z * spatial_jacobian[5, j]
            )
    return gradient


@compiled(MATRIX, MATRIX, MATRIX)
def point_jacobians(spatial_jacobian: Array, points: Array, is_moved: Array) -> Array:
    """Jacobians of `points` (p, 3) m; `is_moved` (p, n) is 1 where a joint moves the point."""
    linear, angular = spatial_jacobian[:3], spatial_jacobian[3:]
    made = np.zeros((len(points), 3, spatial_jacobian.shape[1]))
    for p in range(len(points)):
        x, y, z = points[p, 0], points[p, 1], points[p, 2]
        made[p, 0] = is_moved[p] * (linear[0] + angular[1] * z - angular[2] * y)
        made[p, 1] = is_moved[p] * (linear[1] + angular[2] * x - angular[0] * z)
        made[p, 2] = is_moved[p] * (linear[2] + angular[0] * y - angular[1] * x)
    return made
