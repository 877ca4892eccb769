"""How much is left of ranges, speeds and distances, and what could use it up. NaN counts as
nothing left."""

from __future__ import annotations

import numpy as np

from vla_core.compiled import (
    FLAGS,
    INDICES,
    MATRIX,
    NUMBER,
    OUT_VECTOR,
    TENSOR,
    VECTOR,
    Flags,
    Indices,
    compiled,
)
from vla_core.frozen import Array

EASE = 1e-4  # m, of play for a pair that is already too near
SURE = 0.01  # m beyond its limit: what is nearer is looked at although nothing leads there


@compiled(VECTOR, VECTOR, VECTOR, VECTOR)
def of_range(position: Array, end: Array, low: Array, high: Array) -> tuple[int, float]:
    """Which joint is left least of its range, and how much (rad)."""
    room = np.minimum(np.minimum(position, end) - low, high - np.maximum(position, end))
    k = int(np.argmin(room))
    return k, room[k]


@compiled(VECTOR, VECTOR, VECTOR)
def of_speed(peak: Array, u: Array, limit: Array) -> tuple[int, float]:
    """Which joint is left least of its speed, and how much (rad/s)."""
    room = limit - np.maximum(np.abs(peak), np.abs(u))
    k = int(np.argmin(room))
    return k, room[k]


@compiled(TENSOR, VECTOR, MATRIX)
def fastest(points: Array, u: Array, others: Array) -> tuple[float, float]:
    """m/s, of the fastest point but the last, and of the last, at joint velocities `u` (n,) and
    `others` (k, n); `points` (p, 3, n) are their Jacobians."""
    most = np.zeros(2)
    for p in range(len(points)):
        last = 1 if p == len(points) - 1 else 0
        for i in range(len(others) + 1):
            velocity, square = u if i == 0 else others[i - 1], 0.0
            for axis in range(3):
                v = 0.0
                for j in range(len(u)):
                    v += points[p, axis, j] * velocity[j]
                square += v * v
            most[last] = np.maximum(most[last], square)
    return np.sqrt(most[0]), np.sqrt(most[1])


@compiled(TENSOR, VECTOR, NUMBER, NUMBER)
def of_caps(points: Array, u: Array, links: float, tip: float) -> float:
    """Fastest point at `u` (n,) rad/s as a share of its cap, m/s; infinite where that is zero."""
    speed = fastest(points, u, np.zeros((0, len(u))))
    return float(np.maximum(speed[0] / links, speed[1] / tip))


@compiled(VECTOR, MATRIX, VECTOR)
def travel(q: Array, path: Array, most: Array) -> tuple[Array, float]:
    """(n,) rad, from `q` to the first of `path` (k, n) and along it, and how much less than `most`
    (n,) that is."""
    far = np.abs(path[0] - q)
    for i in range(1, len(path)):
        far += np.abs(path[i] - path[i - 1])
    return far, float(np.min(most - far))


@compiled(VECTOR, VECTOR, VECTOR, NUMBER)
def way(q: Array, end: Array, u: Array, delay: float) -> Array:
    """(n,) rad, from `q` to `end` and on at `u` rad/s for `delay` s."""
    there: Array = end - q + delay * u
    return there


@compiled(VECTOR, VECTOR, MATRIX, VECTOR, FLAGS)
def in_reach(bound: Array, least: Array, reach: Array, travel: Array, is_active: Flags) -> Indices:
    """Active pairs that `travel` (n,) rad may bring nearer than `least` (p,) m; `bound` (p,) m is
    what they are apart at least."""
    found, count = np.empty(len(bound), np.intp), 0
    for k in range(len(bound)):
        if is_active[k]:
            far = SURE
            for j in range(len(travel)):
                far += reach[k, j] * travel[j]
            if not bound[k] - least[k] >= far:
                found[count] = k
                count += 1
    return found[:count].copy()


@compiled(INDICES, VECTOR, MATRIX, VECTOR, NUMBER)
def closing(near: Indices, spare: Array, reach: Array, travel: Array, most: float) -> Indices:
    """Which of the pairs `near` (m,) may use up their `spare` (m,) m on `travel` (n,) rad, or have
    less than `most` m of it."""
    found, count = np.empty(len(near), np.intp), 0
    for k in range(len(near)):
        far = 0.0
        for j in range(len(travel)):
            far += reach[near[k], j] * np.abs(travel[j])
        if not (spare[k] >= far and spare[k] >= most):
            found[count] = k
            count += 1
    return found[:count].copy()


@compiled(INDICES, VECTOR, VECTOR, OUT_VECTOR)
def eased(near: Indices, here: Array, least: Array, allowed: Array) -> Array:
    """(m,) m to keep of the pairs `near`; of a pair already nearer, what it has now: it may part,
    never close in. `allowed` (p,) m remembers those, and is infinite for all others."""
    kept = np.empty(len(near))
    for k in range(len(near)):
        pair = near[k]
        before = allowed[pair] if allowed[pair] < np.inf else -np.inf
        kept[k] = np.minimum(least[pair], np.maximum(here[k] - EASE, before))
        allowed[pair] = kept[k] if kept[k] < least[pair] else np.inf
    return kept


@compiled(INDICES, VECTOR, VECTOR)
def tightest(near: Indices, distances: Array, least: Array) -> tuple[int, float, float]:
    """The pair with the least slack, its slack, and the least distance (m); of `near` (m,), or of
    all pairs when that is empty."""
    pair, slack = 0, np.inf
    for k in range(len(distances)):
        this = near[k] if len(near) else k
        left = distances[k] - least[this]
        if slack == slack and not left >= slack:  # NaN stays
            pair, slack = this, left
    return pair, slack, np.min(distances)


@compiled(VECTOR, MATRIX, VECTOR, VECTOR)
def leaves(tip: Array, box: Array, reach: Array, travel: Array) -> bool:
    """May `travel` (n,) rad lead the tip (3,) m out of the box (2, 3) m?"""
    room = np.minimum(np.min(tip - box[0]), np.min(box[1] - tip))
    return not room > np.sum(reach * travel)


@compiled(VECTOR, MATRIX, MATRIX, VECTOR)
def walls(tip: Array, box: Array, jacobian: Array, travel: Array) -> tuple[Indices, Array]:
    """Sides of the box (2, 3) m near to the way of the tip, with the room (6,) m to each: x, y, z
    below, then above."""
    rooms = np.concatenate((tip - box[0], box[1] - tip))
    found, count = np.empty(6, np.intp), 0
    for k in range(6):
        way = np.sum(jacobian[k % 3] * travel)
        if not rooms[k] >= 2.0 * (-way if k < 3 else way) + 1e-3:
            found[count] = k
            count += 1
    return found[:count].copy(), rooms


@compiled(MATRIX, VECTOR, VECTOR, VECTOR, NUMBER, NUMBER)
def floors(
    normals: Array, u: Array, travel: Array, rooms: Array, most: float, buffer: float
) -> Array:
    """(m,) m/s along each normal, the slowest that is left of `u` (n,) rad/s, which stops after
    `travel` (n,) rad: as much as a stop within the room (m,) m allows, and of what the room is
    above `buffer` m at most the share `most` (1/s)."""
    allowed = np.empty(len(rooms))
    for k in range(len(rooms)):
        closing, stop, room = 0.0, 0.0, np.maximum(rooms[k], 0.0)
        for j in range(len(u)):
            closing -= normals[k, j] * u[j]
            stop -= normals[k, j] * travel[j]
        braking = np.inf
        if stop > room:
            braking = np.maximum(closing, 0.0) * np.sqrt(np.minimum(room / stop, 1.0))
        spare = rooms[k] - buffer if room > 0.0 else 0.0
        allowed[k] = np.minimum(braking, most * spare)
    return -allowed
