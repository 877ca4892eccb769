"""Reduces speed while moving towards a singularity; motion away is not scaled (after MoveIt
Servo)."""

from __future__ import annotations

import numpy as np

from vla_core.frozen import Array
from vla_core.robot.length_scale import length_scale
from vla_shield.constraints.checker import ConstraintChecker
from vla_shield.constraints.collision_model import CollisionModel
from vla_shield.params import ShieldParams

PROBE = 0.01  # rad, look-ahead at which the direction of motion is judged
FAR_RATIO = 0.6  # of `condition_slow`; below it the arm is far from a singularity
STRIDE = 0.02  # rad, sum over joints, after which a far arm is checked again


class SingularityScaler:
    """Checks the Jacobian of each tip; far from a singularity only every STRIDE."""

    def __init__(
        self, model: CollisionModel, checker: ConstraintChecker, params: ShieldParams
    ) -> None:
        self._model, self._checker, self._params = model, checker, params
        self._scales = [length_scale(model.model, tip) for tip in model.tree.tips]  # m
        # (n,) rad, of each arm, where it was last far from a singularity
        self._far_at: list[Array | None] = [None] * len(model.tree.arms)

    def scale(self, u: Array, arm: int) -> float:
        """Scale of the joints of an arm in `u` (n,) rad/s: 0 at the limit, infinite far from a
        singularity or when moving away from it."""
        checker, p, far = self._checker, self._params, self._far_at[arm]
        q = checker.q[self._model.tree.slices[arm]]
        if far is not None and float(np.abs(q - far).sum()) <= STRIDE:
            return np.inf
        condition, smallest = self._conditioning(checker.points, checker.spatial_jacobian, arm)
        is_far = condition <= FAR_RATIO * p.condition_slow and smallest >= 3.0 * p.singular_floor
        self._far_at[arm] = q if is_far else None
        if condition <= p.condition_slow and smallest >= 2.0 * p.singular_floor:
            return np.inf
        return self._directed_scale(u, arm, condition, smallest)

    def _directed_scale(self, u: Array, arm: int, condition: float, smallest: float) -> float:
        """Scale near a singularity, by the direction of `u`."""
        model, q, params = self._model, self._checker.q.copy(), self._params
        part, floor = model.tree.slices[arm], params.singular_floor
        speed = float(np.abs(u[part]).max())
        if speed < 1e-9:
            return np.inf
        q[part] += u[part] * (PROBE / speed)
        jacobian = model.spatial_jacobian(q)
        next_condition, next_smallest = self._conditioning(
            model.point_jacobians(jacobian), jacobian, arm
        )
        by_condition = (params.condition_stop - condition) / (
            params.condition_stop - params.condition_slow
        )
        by_floor = (smallest - floor) / floor
        scale = min(
            by_condition if next_condition > condition else np.inf,
            by_floor if next_smallest < smallest else np.inf,
        )
        return max(scale, 0.0)

    def _conditioning(
        self, points: Array, spatial_jacobian: Array, arm: int
    ) -> tuple[float, float]:
        """Condition number and smallest singular value of the tip's Jacobian, its lengths in
        units of the arm's length scale."""
        part, row = self._model.tree.slices[arm], self._model.tip_rows[arm]
        linear = points[row][:, part] / self._scales[arm]
        rows = np.concatenate((linear, spatial_jacobian[3:, part]))
        values = np.linalg.svd(rows, compute_uv=False)
        return float(values[0] / max(values[-1], 1e-12)), float(values[-1])
