"""Joint motion for a motion of the tool: damped least squares, away from joint limits, centred
where there is room.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_core.frozen import Array
from vla_core.robot.model import RobotModel


@dataclass(frozen=True)
class IkParams:
    """Of the damped least squares."""

    damping: float = 0.05  # largest damping, at a singularity
    singular: float = 0.08  # singular value of the Jacobian below which damping sets in
    limit_margin: float = 0.05  # rad, a joint nearer to its limit does not move further towards it
    centring: float = 0.5  # 1/s, pull of spare joints towards home


class DifferentialIk:
    """Solves J dq = dx for several dx at once; stateless but for the robot model's buffers."""

    def __init__(self, model: RobotModel, params: IkParams) -> None:
        self.model, self.params = model, params
        self.lower = model.limits.lower + params.limit_margin
        self.upper = model.limits.upper - params.limit_margin

    def solve(self, q: Array, motions: Array) -> tuple[Array, Array]:
        """Joint motions (k, n) for tool motions (k, 6) m and rad in base axes, and spare motion
        (n,) rad/s at q.

        Damping only near singularities: s / (s^2 + d^2), d^2 = damping^2 (1 - (s_min /
        singular)^2) (Chiaverini, Siciliano, Egeland 1994).
        """
        jacobian = self.model.jacobian(q)
        inverse, spare = self._inverse(jacobian)
        result = motions @ inverse.T
        stuck = self._stuck(q, result)
        if stuck.any():
            inverse, spare = self._inverse(np.where(stuck, 0.0, jacobian))
            result = np.where(stuck, 0.0, motions @ inverse.T)
        centring = spare @ (self.params.centring * (self.model.home - q))
        return result, np.where(stuck, 0.0, centring)

    def _inverse(self, jacobian: Array) -> tuple[Array, Array]:
        """Damped inverse (n, 6), and the projector (n, n) onto motions that leave the tool where
        it is.
        """
        u, s, vt = np.linalg.svd(jacobian, full_matrices=False)
        ratio = min(s[-1] / self.params.singular, 1.0)
        damping = self.params.damping**2 * (1.0 - ratio * ratio)
        inverse = (vt.T * (s / (s * s + damping))) @ u.T
        n = jacobian.shape[1]
        spare = np.eye(n) - vt.T @ vt if n > 6 else np.zeros((n, n))
        return inverse, spare

    def _stuck(self, q: Array, motions: Array) -> Array:
        """(n,) True where a joint is next to its limit and the motions together go further."""
        wish = motions.sum(axis=0)
        return ((q <= self.lower) & (wish < 0.0)) | ((q >= self.upper) & (wish > 0.0))
