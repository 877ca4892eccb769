"""Speed caps of each arm: elbow and wrist, tip, and rotation of the tool."""

from __future__ import annotations

import numpy as np

from vla_core.compiled import Indices
from vla_core.frozen import Array
from vla_core.robot.config import RobotConfig
from vla_shield.constraints import limits
from vla_shield.constraints.collision_model import CollisionModel
from vla_shield.params import ShieldParams

LINK, TIP, ROTATION = range(3)
NAMES = ('link', 'tip', 'rotation')


class SpeedCaps:
    """Caps (3 arms,) m/s, m/s and rad/s: links, tip and rotation of each arm in turn."""

    def __init__(self, params: ShieldParams, robot: RobotConfig, model: CollisionModel) -> None:
        self._tree, self._tip_rows = model.tree, model.tip_rows
        self._count = 3 * len(robot.arms)
        caps = [
            (params.link_speed, min(params.tcp_speed, arm.tcp_speed), arm.tcp_rotation)
            for arm in robot.arms
        ]
        self._full: Array = np.array(caps).ravel()
        self._groups: Indices = self._group_of_rows()
        # (arms, 3, n) 1 where a joint rotates the tool of an arm
        self._is_turned = model.tree.moves[model.tree.tip_joints][:, None, :]
        self._rates: Array = np.zeros((len(self._groups), 3, model.n))

    def _group_of_rows(self) -> Indices:
        """Group of each point of the collision model, then of each arm's rotation."""
        groups, row = [], 0
        for arm, tip in enumerate(self._tip_rows):
            groups += [3 * arm + LINK] * (tip - row) + [3 * arm + TIP]
            row = tip + 1
        groups += [3 * arm + ROTATION for arm in range(len(self._tip_rows))]
        return np.array(groups, np.intp)

    def prepare(self, points: Array, spatial_jacobian: Array) -> None:
        """Take the Jacobians of the points and the spatial Jacobian at the present state."""
        turns = self._is_turned * spatial_jacobian[3:]
        self._rates = np.concatenate((points, turns))

    def ratios(self, u: Array, scale: float) -> Array:
        """(arms,) largest speed at `u` (n,) rad/s as a share of its cap times `scale`."""
        return limits.speed_ratios(self._rates, self._groups, self._full * scale, u)

    def violation(self, u: Array, others: Array, scale: float) -> tuple[str, float] | None:
        """Rule and slack of a cap that `u` (n,) or `others` (k, n) rad/s exceed, tips first."""
        speeds = limits.max_speeds(self._rates, self._groups, self._count, u, others)
        caps = self._full * scale
        for kind in (TIP, LINK, ROTATION):
            for arm in range(len(self._tip_rows)):
                k = 3 * arm + kind
                if not speeds[k] <= caps[k] + 1e-9:
                    return f'speed:{NAMES[kind]}{self._tree.label(arm)}', float(
                        caps[k] - speeds[k]
                    )
        return None
