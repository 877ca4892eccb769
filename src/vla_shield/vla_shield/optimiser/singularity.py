"""Reduces speed while moving towards a singularity; motion away is not scaled (after MoveIt
Servo)."""

from __future__ import annotations

import numpy as np

from vla_core.frozen import Array
from vla_shield.constraints.checker import ConstraintChecker
from vla_shield.constraints.collision_model import CollisionModel
from vla_shield.params import ShieldParams

PROBE = 0.01  # rad, look-ahead at which the direction of motion is judged
FAR_RATIO = 0.6  # of `condition_slow`; below it the arm is far from a singularity
STRIDE = 0.02  # rad, sum over joints, after which a far arm is checked again


class SingularityScaler:
    """Checks the tip's Jacobian; far from a singularity only every STRIDE."""

    def __init__(
        self, model: CollisionModel, checker: ConstraintChecker, params: ShieldParams
    ) -> None:
        self._model, self._checker, self._params = model, checker, params
        self._far_at: Array | None = None  # (n,) rad, where it was last far from a singularity

    def scale(self, u: Array) -> float:
        """Scale of `u` (n,) rad/s: 0 at the limit, infinite far from a singularity or when moving
        away from it."""
        checker, p, far = self._checker, self._params, self._far_at
        if far is not None and float(np.abs(checker.q - far).sum()) <= STRIDE:
            return np.inf
        condition, smallest = _conditioning(checker.points[-1], checker.spatial_jacobian)
        is_far = condition <= FAR_RATIO * p.condition_slow and smallest >= 3.0 * p.singular_floor
        self._far_at = checker.q if is_far else None
        if condition <= p.condition_slow and smallest >= 2.0 * p.singular_floor:
            return np.inf
        return _directed_scale(self._model, checker, u, p)


def _directed_scale(
    model: CollisionModel, checker: ConstraintChecker, u: Array, params: ShieldParams
) -> float:
    """Scale near a singularity, by the direction of `u`."""
    condition, smallest = _conditioning(checker.points[-1], checker.spatial_jacobian)
    floor = params.singular_floor
    speed = float(np.abs(u).max())
    if speed < 1e-9:
        return np.inf
    jacobian = model.spatial_jacobian(checker.q + u * (PROBE / speed))
    next_condition, next_smallest = _conditioning(model.point_jacobians(jacobian)[-1], jacobian)
    by_condition = (params.condition_stop - condition) / (
        params.condition_stop - params.condition_slow
    )
    by_floor = (smallest - floor) / floor
    scale = min(
        by_condition if next_condition > condition else np.inf,
        by_floor if next_smallest < smallest else np.inf,
    )
    return max(scale, 0.0)


def _conditioning(linear: Array, spatial_jacobian: Array) -> tuple[float, float]:
    """Condition number and smallest singular value of the tip's Jacobian (m and rad unscaled)."""
    values = np.linalg.svd(np.concatenate((linear, spatial_jacobian[3:])), compute_uv=False)
    return float(values[0] / max(values[-1], 1e-12)), float(values[-1])
