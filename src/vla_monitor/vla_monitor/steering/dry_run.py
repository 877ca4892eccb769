"""What the shield would make of a candidate: its own shapes, clearances and limits, tried out on
the way that the candidate leads."""

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
    """What the shield would do; `refusal` is empty when the candidate may go to it."""

    change: float  # share of the motion that would be taken away
    refusal: str = ''


class DryRun:
    """The shield's body and world, fed as the shield's own are; commands nothing."""

    def __init__(self, params: DryRunParams, shield: ShieldParams, robot: RobotConfig) -> None:
        self.params, self._shield, self._limits = params, shield, robot.limits
        self._body = CollisionModel(shield, robot)
        self._world = CollisionScene(shield, self._body)
        self._width = robot.gripper.open_width
        self._box = np.array([shield.workspace_lower, shield.workspace_upper])
        self._tip_speed = min(shield.tcp_speed, robot.tcp_speed)

    def on_joints(self, stamp: float, q: Array, width: float) -> None:
        """Note where the arm is and how wide the fingers are."""
        self._world.record_joints(stamp, q)
        if abs(width - self._width) > 5e-4:
            self._width = width
            self._body.set_width(width)

    def on_scene(self, scene: GroundedScene) -> None:
        """Place what is around."""
        self._world.update(scene)

    def forget(self) -> None:
        """The clock jumped: past poses mean nothing any more."""
        self._world.clear_history()

    def around(self, q: Array) -> tuple[Indices, Array]:
        """Pairs that are watched, and their distances (m,) m at `q` (n,) rad."""
        active = np.flatnonzero(self._body.is_active)
        return active, self._body.distances(q, active)

    def try_out(
        self, path: ToolPath, joints: JointPath, q: Array, around: tuple[Indices, Array]
    ) -> DryRunResult:
        """Return what the shield would do with the motion from `q` along `joints`."""
        refusal = self._out_of_reach(joints) or self._out_of_space(path)
        if refusal:
            return DryRunResult(1.0, refusal)
        change = self._too_fast(path, joints, q)
        depth, pair = self._too_near(joints, q, around)
        if not depth <= self.params.intrusion:
            return DryRunResult(change, f'{depth * 1e3:.0f} mm too near: {pair}')
        change = 1.0 - (1.0 - change) * (1.0 - self.params.change * depth / self.params.intrusion)
        if not change <= self.params.change:
            return DryRunResult(change, f'the shield would take {change:.0%} of the motion')
        return DryRunResult(change)

    def _out_of_reach(self, joints: JointPath) -> str:
        if not joints.miss.max() <= self.params.unreachable:
            return 'out of reach'
        low = self._limits.lower + self._shield.joint_margin
        high = self._limits.upper - self._shield.joint_margin
        room = np.minimum(joints.q - low, high - joints.q).min(axis=0)
        k = int(np.argmin(room))
        return '' if room[k] >= -SLACK else f'{self._limits.names[k]} at its limit'

    def _out_of_space(self, path: ToolPath) -> str:
        """A tool that is outside already may come back."""
        out = np.maximum(self._box[0] - path.positions, path.positions - self._box[1])  # (h, 3)
        grown = (out - np.maximum(out[0], 0.0)).max(axis=0)
        k = int(np.argmax(grown))
        return '' if grown[k] <= self.params.outside else f'out of the workspace in {"xyz"[k]}'

    def _too_fast(self, path: ToolPath, joints: JointPath, q: Array) -> float:
        """Share of the motion that the caps on speed take away, over the whole chunk."""
        way = np.linalg.norm(np.diff(path.positions, axis=0), axis=1) / path.step  # m/s
        usual = float(np.mean(way))
        steps = np.diff(np.r_[0, joints.rows])[:, None] * path.step  # s
        turns = np.abs(np.diff(np.vstack([q, joints.q]), axis=0)) / steps
        fastest = float((turns / self._limits.velocity).max())
        excess = max(usual / self._tip_speed, fastest, 1.0)
        return 1.0 - 1.0 / excess

    def _too_near(
        self, joints: JointPath, q: Array, around: tuple[Indices, Array]
    ) -> tuple[float, str]:
        """m by which the worst pair comes nearer than it may (what is too near already: than it
        is), and its name; pairs that cannot come so near are not measured."""
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
