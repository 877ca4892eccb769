"""Point-to-solid distances and least-squares solids, compiled: a segment has about a hundred
points, for which the overhead of a NumPy call dominates (decision 010)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vla_core.compiled import MATRIX, NUMBER, OUT_MATRIX, OUT_VECTOR, VECTOR, compiled

Points = NDArray[np.floating]
DAMPING = 1e-9  # of a least-squares solution, so that it always exists


@compiled(MATRIX, VECTOR, NUMBER, VECTOR)
def cuboid_distances(points: Points, centre: Points, yaw: float, size: Points) -> Points:
    """Signed distances (n,) m of points (n, 3) to the surface of an upright box."""
    c, s = np.cos(yaw), np.sin(yaw)
    found = np.empty(len(points))
    for k in range(len(points)):
        dx, dy = points[k, 0] - centre[0], points[k, 1] - centre[1]
        x = abs(c * dx + s * dy) - size[0] / 2
        y = abs(c * dy - s * dx) - size[1] / 2
        z = abs(points[k, 2] - centre[2]) - size[2] / 2
        out = max(x, 0.0) ** 2 + max(y, 0.0) ** 2 + max(z, 0.0) ** 2
        found[k] = np.sqrt(out) + min(max(x, y, z), 0.0)
    return found


@compiled(MATRIX, VECTOR, VECTOR)
def cylinder_distances(points: Points, centre: Points, size: Points) -> Points:
    """Signed distances (n,) m of points (n, 3) to the surface of an upright cylinder."""
    found = np.empty(len(points))
    for k in range(len(points)):
        dx, dy = points[k, 0] - centre[0], points[k, 1] - centre[1]
        r = np.sqrt(dx * dx + dy * dy) - size[0] / 2
        z = abs(points[k, 2] - centre[2]) - size[2] / 2
        found[k] = np.sqrt(max(r, 0.0) ** 2 + max(z, 0.0) ** 2) + min(max(r, z), 0.0)
    return found


@compiled(MATRIX, VECTOR, NUMBER)
def ball_distances(points: Points, centre: Points, radius: float) -> Points:
    """Signed distances (n,) m of points (n, 3) to a ball."""
    found = np.empty(len(points))
    for k in range(len(points)):
        dx, dy, dz = points[k, 0] - centre[0], points[k, 1] - centre[1], points[k, 2] - centre[2]
        found[k] = np.sqrt(dx * dx + dy * dy + dz * dz) - radius
    return found


@compiled(OUT_MATRIX, OUT_VECTOR, VECTOR, NUMBER)
def weigh_in(normal: Points, right: Points, row: Points, value: float) -> None:
    """Add one equation row @ x = value to the normal equations."""
    for i in range(len(row)):
        right[i] += row[i] * value
        for j in range(len(row)):
            normal[i, j] += row[i] * row[j]


@compiled(MATRIX, VECTOR)
def ball_through(points: Points, origin: Points) -> Points:
    """(x, y, radius) m of the least-squares ball that stands on `origin` (3,), x and y relative to
    it: |p - c| = r with c_z = r; a linear start, then three Gauss-Newton steps."""
    normal, right = DAMPING * np.eye(4), np.zeros(4)
    for k in range(len(points)):
        d = points[k] - origin
        row = np.array([2.0 * d[0], 2.0 * d[1], 2.0 * d[2], 1.0])
        weigh_in(normal, right, row, d[0] * d[0] + d[1] * d[1] + d[2] * d[2])
    ball = np.linalg.solve(normal, right)[:3].copy()
    for _ in range(3):
        normal, right = DAMPING * np.eye(3), np.zeros(3)
        for k in range(len(points)):
            d = points[k] - origin - ball
            reach = max(np.sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]), 1e-6)
            row = np.array([-d[0] / reach, -d[1] / reach, -d[2] / reach - 1.0])
            weigh_in(normal, right, row, reach - ball[2])
        ball -= np.linalg.solve(normal, right)
    return ball


@compiled(MATRIX, VECTOR)
def circle_through(points: Points, start: Points) -> Points:
    """(x, y, radius) m of the least-squares circle through the points (n, 2 or more), from an
    initial guess (3,): four Gauss-Newton steps."""
    circle = start.copy()
    for _ in range(4):
        normal, right = DAMPING * np.eye(3), np.zeros(3)
        for k in range(len(points)):
            dx, dy = points[k, 0] - circle[0], points[k, 1] - circle[1]
            reach = max(np.sqrt(dx * dx + dy * dy), 1e-6)
            weigh_in(normal, right, np.array([-dx / reach, -dy / reach, -1.0]), reach - circle[2])
        circle -= np.linalg.solve(normal, right)
    return circle


@compiled(VECTOR, NUMBER)
def misfit(distances: Points, most: float) -> float:
    """m, root mean square of distances (n,), clipped to `most`."""
    total = 0.0
    for k in range(len(distances)):
        total += min(abs(distances[k]), most) ** 2
    return np.sqrt(total / len(distances))
