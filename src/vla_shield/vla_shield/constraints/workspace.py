"""The box that the tip of each arm must stay in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_core.frozen import Array
from vla_core.robot.config import RobotConfig
from vla_shield.constraints import limits
from vla_shield.constraints.collision_model import CollisionModel
from vla_shield.params import ShieldParams

TOLERANCE = 1e-6  # m, by which a tip that is outside may go further out
AXES = 'xyz'


@dataclass
class WorkspaceSides:
    """Sides of the workspace that a stop may reach: normals (n,) m/rad, slacks m, names."""

    normals: list[Array]
    slacks: list[float]
    names: list[str]


class Workspace:
    """The boxes (2, 3) m of all arms, base frame."""

    def __init__(self, params: ShieldParams, robot: RobotConfig, model: CollisionModel) -> None:
        whole = params.workspace_lower, params.workspace_upper
        self._boxes = [np.array(arm.workspace or whole) for arm in robot.arms]
        self._model, self._tree = model, model.tree
        self._tips: list[Array] = []

    def prepare(self) -> None:
        """Take the tips where the model is now."""
        self._tips = self._model.current_tips()

    def violation(self, path: Array, travel: Array) -> tuple[str, float] | None:
        """Rule and slack of a side that the stop along `path` (k, n) rad crosses; no joint travels
        more than `travel` (n,) rad."""
        for arm, box in enumerate(self._boxes):
            here, arms = self._tips[arm][:3, 3], self._model.tip_arms[arm]
            if limits.may_leave_workspace(here, box, arms, travel):
                found = self._crossing(arm, here, box, path)
                if found is not None:
                    return found
        return None

    def _crossing(
        self, arm: int, here: Array, box: Array, path: Array
    ) -> tuple[str, float] | None:
        # (3,) m, a tip that is outside may not go further out
        leeway = np.maximum(np.maximum(box[0] - here, here - box[1]) + TOLERANCE, 0.0)
        for q in (path[0], path[-1]):
            tip = self._model.tip(q, arm)[:3, 3]
            slack = np.minimum(tip - box[0], box[1] - tip) + leeway
            k = int(np.argmin(slack))
            if not slack[k] >= 0.0:
                return f'workspace:{AXES[k]}{self._tree.label(arm)}', float(slack[k])
        return None

    def sides(self, points: Array, displacement: Array) -> WorkspaceSides:
        """Sides that the tips may reach on `displacement` (n,) rad, given the Jacobians of the
        points."""
        found = WorkspaceSides([], [], [])
        for arm, box in enumerate(self._boxes):
            jacobian, tip = points[self._model.tip_rows[arm]], self._tips[arm][:3, 3]
            sides, slack = limits.workspace_sides(tip, box, jacobian, displacement)
            found.normals += [jacobian[k] if k < 3 else -jacobian[k - 3] for k in sides]
            found.slacks += [float(slack[k]) for k in sides]
            found.names += [f'workspace:{AXES[k % 3]}{self._tree.label(arm)}' for k in sides]
        return found
