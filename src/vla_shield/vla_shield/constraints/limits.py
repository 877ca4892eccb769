"""Slack to joint limits, speed caps and workspace. NaN counts as no slack."""

from __future__ import annotations

import numpy as np

from vla_core.compiled import COUNT, INDICES, MATRIX, TENSOR, VECTOR, Indices, compiled
from vla_core.frozen import Array


@compiled(VECTOR, VECTOR, VECTOR, VECTOR)
def position_slack(position: Array, end: Array, low: Array, high: Array) -> tuple[int, float]:
    """Index and slack (rad) of the joint nearest to its position limit."""
    slack = np.minimum(np.minimum(position, end) - low, high - np.maximum(position, end))
    k = int(np.argmin(slack))
    return k, slack[k]


@compiled(VECTOR, VECTOR, VECTOR)
def velocity_slack(peak: Array, u: Array, limit: Array) -> tuple[int, float]:
    """Index and slack (rad/s) of the joint nearest to its velocity limit."""
    slack = limit - np.maximum(np.abs(peak), np.abs(u))
    k = int(np.argmin(slack))
    return k, slack[k]


@compiled(TENSOR, INDICES, COUNT, VECTOR, MATRIX)
def max_speeds(rates: Array, groups: Indices, count: int, u: Array, others: Array) -> Array:
    """Largest speed (count,) m/s or rad/s of each group at joint velocities `u` (n,) and `others`
    (k, n); `rates` (p, 3, n) are Jacobians of points or rotations, each of a group (p,)."""
    most: Array = np.zeros(count)
    for p in range(len(rates)):
        group = groups[p]
        for i in range(len(others) + 1):
            velocity, square = u if i == 0 else others[i - 1], 0.0
            for axis in range(3):
                v = 0.0
                for j in range(len(u)):
                    v += rates[p, axis, j] * velocity[j]
                square += v * v
            most[group] = np.maximum(most[group], square)
    return np.sqrt(most)


@compiled(TENSOR, INDICES, VECTOR, VECTOR)
def speed_ratios(rates: Array, groups: Indices, caps: Array, u: Array) -> Array:
    """(arms,) largest speed at `u` (n,) rad/s as a share of its cap (3 arms,): links, tip and
    rotation of each arm; infinite where a cap is zero."""
    speeds = max_speeds(rates, groups, len(caps), u, np.zeros((0, len(u))))
    ratios = np.empty(len(caps) // 3)
    for k in range(len(ratios)):
        ratios[k] = np.maximum(speeds[3 * k] / caps[3 * k], speeds[3 * k + 1] / caps[3 * k + 1])
        if speeds[3 * k + 2] != 0.0:
            ratios[k] = np.maximum(ratios[k], speeds[3 * k + 2] / caps[3 * k + 2])
    return ratios


@compiled(VECTOR, MATRIX, VECTOR)
def path_travel(q: Array, path: Array, most: Array) -> tuple[Array, float]:
    """Travel of each joint (n,) rad, from `q` to the first row of `path` (k, n) and along it, and
    its least slack to `most` (n,) rad."""
    travel = np.abs(path[0] - q)
    for i in range(1, len(path)):
        travel += np.abs(path[i] - path[i - 1])
    return travel, float(np.min(most - travel))


@compiled(VECTOR, MATRIX, VECTOR, VECTOR)
def may_leave_workspace(tip: Array, box: Array, lever_arms: Array, travel: Array) -> bool:
    """True when `travel` (n,) rad may take the tip (3,) m out of the box (2, 3) m."""
    slack = np.minimum(np.min(tip - box[0]), np.min(box[1] - tip))
    return not slack > np.sum(lever_arms * travel)


@compiled(VECTOR, MATRIX, MATRIX, VECTOR)
def workspace_sides(
    tip: Array, box: Array, jacobian: Array, displacement: Array
) -> tuple[Indices, Array]:
    """Sides of the box (2, 3) m that the tip may approach on `displacement` (n,) rad, and the
    slack (6,) m to every side: x, y, z lower, then upper."""
    slack = np.concatenate((tip - box[0], box[1] - tip))
    found, count = np.empty(6, np.intp), 0
    for k in range(6):
        shift = np.sum(jacobian[k % 3] * displacement)
        if not slack[k] >= 2.0 * (-shift if k < 3 else shift) + 1e-3:
            found[count] = k
            count += 1
    return found[:count].copy(), slack
