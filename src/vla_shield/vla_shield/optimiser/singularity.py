"""Slow down towards singularities, never away from them (after MoveIt Servo's law)."""

from __future__ import annotations

import numpy as np

from vla_core.frozen import Array
from vla_shield.constraints.checker import ConstraintChecker
from vla_shield.constraints.collision_model import CollisionModel
from vla_shield.params import ShieldParams

PROBE = 0.01  # rad, how far ahead the direction is judged
FAR = 0.6  # of the condition number from which speed is scaled: below, it is far off
STRIDE = 0.02  # rad, of the joints together, before one looks again where it is far off


class SingularityScaler:
    """Watches the tip's Jacobian; far from a singularity it looks only every STRIDE."""

    def __init__(
        self, body: CollisionModel, guard: ConstraintChecker, params: ShieldParams
    ) -> None:
        self._body, self._guard, self._params = body, guard, params
        self._far_at: Array | None = None  # (n,) rad, where it was last far off

    def share(self, u: Array) -> float:
        """Share of `u` (n,) rad/s that is allowed: 1 far from a singularity or on the way out, 0
        at the limit."""
        guard, p, far = self._guard, self._params, self._far_at
        if far is not None and float(np.abs(guard.q - far).sum()) <= STRIDE:
            return np.inf
        condition, smallest = _conditions(guard.points[-1], guard.columns)
        is_far = condition <= FAR * p.condition_slow and smallest >= 3.0 * p.singular_floor
        self._far_at = guard.q if is_far else None
        if condition <= p.condition_slow and smallest >= 2.0 * p.singular_floor:
            return np.inf
        return _slowed(self._body, guard, u, p)


def _slowed(
    body: CollisionModel, guard: ConstraintChecker, u: Array, params: ShieldParams
) -> float:
    """Share near a singularity, by the way `u` leads."""
    condition, smallest = _conditions(guard.points[-1], guard.columns)
    floor = params.singular_floor
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
