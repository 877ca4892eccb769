"""Differential inverse kinematics: damped least squares within joint limits, and null-space motion
towards home.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_core.frozen import Array
from vla_core.robot.model import RobotModel


@dataclass(frozen=True)
class IkParams:
    """Parameters of the damped least squares."""

    damping: float = 0.05  # largest damping, at a singularity
    singular: float = 0.08  # smallest singular value of the Jacobian below which damping starts;
    # its lengths are in units of RobotModel.length_scale
    limit_margin: float = 0.05  # rad, a joint closer to its limit does not move towards it
    centring: float = 0.5  # 1/s, gain of the null-space motion towards home


class DifferentialIk:
    """Solves J dq = dx for several dx at once; stateless except for the robot model's buffers."""

    def __init__(self, model: RobotModel, params: IkParams) -> None:
        self.model, self.params = model, params
        self._weights = np.r_[np.full(3, 1.0 / model.length_scale), np.ones(3)]  # (6,) rows
        self.lower = model.limits.lower + params.limit_margin
        self.upper = model.limits.upper - params.limit_margin

    def solve(self, q: Array, motions: Array) -> tuple[Array, Array]:
        """Return joint motions (k, n) for tool motions (k, 6) m and rad in base axes, and the
        null-space motion (n,) rad/s at q.

        Damped only near singularities: s / (s^2 + d^2), d^2 = damping^2 (1 - (s_min /
        singular)^2) (Chiaverini, Siciliano, Egeland 1994).
        """
        jacobian = self._weights[:, None] * self.model.jacobian(q)
        motions = self._weights * motions
        inverse, null_space = self._inverse(jacobian)
        result = motions @ inverse.T
        blocked = self._blocked(q, result)
        if blocked.any():
            inverse, null_space = self._inverse(np.where(blocked, 0.0, jacobian))
            result = np.where(blocked, 0.0, motions @ inverse.T)
        centring = null_space @ (self.params.centring * (self.model.home - q))
        return result, np.where(blocked, 0.0, centring)

    def _inverse(self, jacobian: Array) -> tuple[Array, Array]:
        """Return the damped inverse (n, 6) and the null-space projector (n, n)."""
        u, s, vt = np.linalg.svd(jacobian, full_matrices=False)
        ratio = min(s[-1] / self.params.singular, 1.0)
        damping = self.params.damping**2 * (1.0 - ratio * ratio)
        inverse = (vt.T * (s / (s * s + damping))) @ u.T
        n = jacobian.shape[1]
        null_space = np.eye(n) - vt.T @ vt if n > 6 else np.zeros((n, n))
        return inverse, null_space

    def _blocked(self, q: Array, motions: Array) -> Array:
        """Return (n,) True where a joint is at its limit and the sum of motions moves it
        further.
        """
        total = motions.sum(axis=0)
        return ((q <= self.lower) & (total < 0.0)) | ((q >= self.upper) & (total > 0.0))
