"""Inverse kinematics of one pose by damped least squares, within joint limits."""

from __future__ import annotations

import numpy as np

from vla_core import geometry
from vla_core.frozen import Array
from vla_core.robot.model import RobotModel

NEAR = (0.001, 0.01)  # m and rad, a pose is reached
LARGEST_STEP = 0.4  # rad, of a joint


def joints_at(
    model: RobotModel, pose: Array, start: Array, low: Array, high: Array, steps: int = 80
) -> Array | None:
    """(n,) rad in [low, high] that bring the first arm's tip to `pose` (4, 4), searched from
    `start`; None when that does not converge."""
    weights = np.r_[np.full(3, 1.0 / model.length_scale), np.ones(3)]
    q, worst = start, np.inf
    for k in range(steps):
        error = geometry.pose_error(model.fk(q), pose)
        if np.linalg.norm(error[:3]) <= NEAR[0] and np.linalg.norm(error[3:]) <= NEAR[1]:
            return q
        if k % 20 == 19:
            size = float(np.abs(error).max())
            if size > 0.7 * worst:  # it does not converge
                return None
            worst = size
        jacobian, error = weights[:, None] * model.jacobian(q), weights * error
        damped = jacobian @ jacobian.T + 1e-4 * np.eye(6)
        change = jacobian.T @ np.linalg.solve(damped, error)
        change *= min(1.0, LARGEST_STEP / max(float(np.abs(change).max()), 1e-9))
        q = np.clip(q + change, low, high)
    return None
