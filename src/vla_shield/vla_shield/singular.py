"""Slow down towards singularities, never away from them (after MoveIt Servo's law)."""

from __future__ import annotations

import numpy as np

from vla_core.frozen import Array
from vla_shield.body import Body
from vla_shield.guard import Guard
from vla_shield.params import ShieldParams

PROBE = 0.01  # rad, how far ahead the direction is judged


def singular_share(body: Body, guard: Guard, u: Array, params: ShieldParams) -> float:
    """Share of `u` (n,) rad/s that is allowed: 1 far from a singularity or on the way out, 0 at
    the limit."""
    condition, smallest = _conditions(guard.points[-1], guard.columns)
    floor = params.singular_floor
    if condition <= params.condition_slow and smallest >= 2.0 * floor:
        return np.inf
    speed = float(np.abs(u).max())
    if speed < 1e-9:
        return np.inf
    columns = body.columns_at(guard.q + u * (PROBE / speed))
    ahead, narrower = _conditions(body.watched_points(columns)[-1], columns)
    by_condition = (params.condition_stop - condition) / (
        params.condition_stop - params.condition_slow
    )
    by_floor = (smallest - floor) / floor
    share = min(
        by_condition if ahead > condition else np.inf, by_floor if narrower < smallest else np.inf
    )
    return max(share, 0.0)


def _conditions(linear: Array, columns: Array) -> tuple[float, float]:
    """Condition number and smallest singular value of the tip's Jacobian (m and rad as they
    are)."""
    values = np.linalg.svd(np.concatenate((linear, columns[3:])), compute_uv=False)
    return float(values[0] / max(values[-1], 1e-12)), float(values[-1])
