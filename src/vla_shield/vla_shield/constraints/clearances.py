"""Slack of distances to the required clearances, and the motion that could use it up. NaN counts
as no slack."""

from __future__ import annotations

import numpy as np

from vla_core.compiled import (
    FLAGS,
    INDICES,
    MATRIX,
    NUMBER,
    OUT_VECTOR,
    VECTOR,
    Flags,
    Indices,
    compiled,
)
from vla_core.frozen import Array

TOLERANCE = 1e-4  # m, allowed to a pair that is already too near
ALWAYS_NEAR = 0.01  # m beyond the clearance: a nearer pair is checked even if nothing moves it


@compiled(VECTOR, VECTOR, VECTOR, NUMBER)
def stop_displacement(q: Array, end: Array, u: Array, delay: float) -> Array:
    """(n,) rad, from `q` to the end of the stop, plus `delay` s at `u` rad/s."""
    displacement: Array = end - q + delay * u
    return displacement


@compiled(VECTOR, VECTOR, MATRIX, VECTOR, FLAGS)
def pairs_in_reach(
    bounds: Array, required: Array, lever_arms: Array, travel: Array, is_active: Flags
) -> Indices:
    """Active pairs that `travel` (n,) rad may bring below the `required` clearance (p,) m, given
    the lower `bounds` (p,) m of their distances."""
    found, count = np.empty(len(bounds), np.intp), 0
    for k in range(len(bounds)):
        if is_active[k]:
            approach = ALWAYS_NEAR
            for j in range(len(travel)):
                approach += lever_arms[k, j] * travel[j]
            if not bounds[k] - required[k] >= approach:
                found[count] = k
                count += 1
    return found[:count].copy()


@compiled(INDICES, VECTOR, MATRIX, VECTOR, NUMBER)
def closing_pairs(
    pairs: Indices, slack: Array, lever_arms: Array, travel: Array, least: float
) -> Indices:
    """Which of `pairs` (m,) may use up their `slack` (m,) m on `travel` (n,) rad, or have less
    than `least` m of it."""
    found, count = np.empty(len(pairs), np.intp), 0
    for k in range(len(pairs)):
        approach = 0.0
        for j in range(len(travel)):
            approach += lever_arms[pairs[k], j] * np.abs(travel[j])
        if not (slack[k] >= approach and slack[k] >= least):
            found[count] = k
            count += 1
    return found[:count].copy()


@compiled(INDICES, VECTOR, MATRIX, MATRIX, VECTOR)
def unproven(
    pairs: Indices, slack: Array, lever_arms: Array, measured_at: Array, q: Array
) -> Indices:
    """Which of `pairs` (m,) may have used up the `slack` (m,) m that they had at `measured_at`
    (m, n) rad, at `q` (n,) rad."""
    found, count = np.empty(len(pairs), np.intp), 0
    for k in range(len(pairs)):
        approach = 0.0
        for j in range(len(q)):
            approach += lever_arms[pairs[k], j] * np.abs(q[j] - measured_at[k, j])
        if not slack[k] >= approach:
            found[count] = k
            count += 1
    return found[:count].copy()


@compiled(INDICES, VECTOR, VECTOR, OUT_VECTOR)
def relaxed(pairs: Indices, distances: Array, required: Array, allowed: Array) -> Array:
    """Clearance to enforce (m,) m. For a pair already nearer than `required` it is the present
    distance: the pair may separate, never approach. `allowed` (p,) m remembers those pairs and is
    infinite for all others."""
    enforced = np.empty(len(pairs))
    for k in range(len(pairs)):
        pair = pairs[k]
        before = allowed[pair] if allowed[pair] < np.inf else -np.inf
        enforced[k] = np.minimum(required[pair], np.maximum(distances[k] - TOLERANCE, before))
        allowed[pair] = enforced[k] if enforced[k] < required[pair] else np.inf
    return enforced


@compiled(INDICES, VECTOR, VECTOR)
def tightest(pairs: Indices, distances: Array, required: Array) -> tuple[int, float, float]:
    """The pair with the least slack, its slack, and the least distance (m); of `pairs` (m,), or of
    all pairs when that is empty."""
    pair, least = 0, np.inf
    for k in range(len(distances)):
        this = pairs[k] if len(pairs) else k
        slack = distances[k] - required[this]
        if least == least and not slack >= least:  # a NaN is kept
            pair, least = this, slack
    return pair, least, np.min(distances)


@compiled(MATRIX, VECTOR, VECTOR, VECTOR, NUMBER, NUMBER)
def velocity_floors(
    normals: Array, u: Array, displacement: Array, slack: Array, most: float, buffer: float
) -> Array:
    """Least velocity (m,) m/s along each normal, given a step at `u` (n,) rad/s that stops after
    `displacement` (n,) rad: what a stop within the `slack` (m,) m allows, and at most the share
    `most` (1/s) of the slack beyond `buffer` m."""
    allowed = np.empty(len(slack))
    for k in range(len(slack)):
        closing, stop, room = 0.0, 0.0, np.maximum(slack[k], 0.0)
        for j in range(len(u)):
            closing -= normals[k, j] * u[j]
            stop -= normals[k, j] * displacement[j]
        braking = np.inf
        if stop > room:
            braking = np.maximum(closing, 0.0) * np.sqrt(np.minimum(room / stop, 1.0))
        spare = slack[k] - buffer if room > 0.0 else 0.0
        allowed[k] = np.minimum(braking, most * spare)
    return -allowed
