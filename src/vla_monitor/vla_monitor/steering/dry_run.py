"""Dry run of the shield on a candidate: its shapes, clearances and limits along the candidate's
path."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_core.compiled import Indices
from vla_core.frozen import Array
from vla_core.records.scene import GroundedScene
from vla_core.robot.config import RobotConfig
from vla_monitor.steering.params import DryRunParams
from vla_monitor.steering.path import JointPath, ToolPath
from vla_shield.constraints.collision_model import CollisionModel
from vla_shield.constraints.collision_scene import CollisionScene
from vla_shield.params import ShieldParams

SLACK = 1e-6  # m, rad


@dataclass(frozen=True)
class DryRunResult:
    """Predicted shield reaction; `refusal` is empty when the candidate is acceptable."""

    change: float  # share of the motion that the shield would remove
    refusal: str = ''


class DryRun:
    """The shield's collision model and scene, updated as in the shield; commands nothing."""

    def __init__(self, params: DryRunParams, shield: ShieldParams, robot: RobotConfig) -> None:
        self.params, self._shield, self._limits = params, shield, robot.limits
        self._body = CollisionModel(shield, robot)
        self._world = CollisionScene(shield, self._body)
        self._width = robot.gripper.open_width
        self._box = np.array([shield.workspace_lower, shield.workspace_upper])
        self._tip_speed = min(shield.tcp_speed, robot.arm.tcp_speed)

    def on_joints(self, stamp: float, q: Array, width: float) -> None:
        """Record arm joints and gripper opening."""
        self._world.record_joints(stamp, q)
        if abs(width - self._width) > 5e-4:
            self._width = width
            self._body.set_width(width)

    def on_scene(self, scene: GroundedScene) -> None:
        """Update the collision scene."""
        self._world.update(scene)

    def forget(self) -> None:
        """Discard past poses: the clock jumped back."""
        self._world.clear_history()

    def around(self, q: Array) -> tuple[Indices, Array]:
        """Return the checked pairs, and their distances (m,) m at `q` (n,) rad."""
        active = np.flatnonzero(self._body.is_active)
        return active, self._body.distances(q, active)

    def try_out(
        self, path: ToolPath, joints: JointPath, q: Array, around: tuple[Indices, Array]
    ) -> DryRunResult:
        """Return the predicted shield reaction to the motion from `q` along `joints`."""
        refusal = self._out_of_reach(joints) or self._out_of_space(path)
        if refusal:
            return DryRunResult(1.0, refusal)
        change = self._too_fast(path, joints, q)
        depth, pair = self._too_near(joints, q, around)
        if not depth <= self.params.intrusion:
            return DryRunResult(change, f'{depth * 1e3:.0f} mm below the clearance: {pair}')
        change = 1.0 - (1.0 - change) * (1.0 - self.params.change * depth / self.params.intrusion)
        if not change <= self.params.change:
            return DryRunResult(change, f'the shield would remove {change:.0%} of the motion')
        return DryRunResult(change)

    def _out_of_reach(self, joints: JointPath) -> str:
        if not joints.miss.max() <= self.params.unreachable:
            return 'no inverse kinematics solution'
        low = self._limits.lower + self._shield.joint_margin
        high = self._limits.upper - self._shield.joint_margin
        room = np.minimum(joints.q - low, high - joints.q).min(axis=0)
        k = int(np.argmin(room))
        return '' if room[k] >= -SLACK else f'{self._limits.names[k]} at its position limit'

    def _out_of_space(self, path: ToolPath) -> str:
        """Return why the path is refused; a tool that is already outside may return."""
        out = np.maximum(self._box[0] - path.positions, path.positions - self._box[1])  # (h, 3)
        grown = (out - np.maximum(out[0], 0.0)).max(axis=0)
        k = int(np.argmax(grown))
        return '' if grown[k] <= self.params.outside else f'outside the workspace in {"xyz"[k]}'

    def _too_fast(self, path: ToolPath, joints: JointPath, q: Array) -> float:
        """Share of the motion that the speed limits remove, over the whole chunk."""
        speeds = np.linalg.norm(np.diff(path.positions, axis=0), axis=1) / path.step  # m/s
        usual = float(np.mean(speeds))
        steps = np.diff(np.r_[0, joints.rows])[:, None] * path.step  # s
        turns = np.abs(np.diff(np.vstack([q, joints.q]), axis=0)) / steps
        fastest = float((turns / self._limits.velocity).max())
        excess = max(usual / self._tip_speed, fastest, 1.0)
        return 1.0 - 1.0 / excess

    def _too_near(
        self, joints: JointPath, q: Array, around: tuple[Indices, Array]
    ) -> tuple[float, str]:
        """Return the largest clearance violation in m and its pair. A pair that violates its
        clearance now is compared with its present distance; pairs out of range are skipped."""
        soon = joints.q[joints.rows <= max(self.params.soon * joints.rows[-1], joints.rows[0])]
        active, here = around
        motion = self._body.lever_arms[active] @ np.abs(soon - q).max(axis=0)  # (m,) m
        open_ = here - motion < self._body.required[active]
        pairs, here = active[open_], here[open_]
        if not len(pairs):
            return 0.0, ''
        least = np.minimum(self._body.required[pairs], here)
        depth = np.array([(least - self._body.distances(at, pairs)) for at in soon])  # (m, p)
        k = int(np.argmax(depth.max(axis=0)))
        return max(float(depth[:, k].max()), 0.0), self._body.names[int(pairs[k])]
