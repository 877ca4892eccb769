"""Placement of the shapes of a gripper's fingers over its opening."""

from __future__ import annotations

from typing import Any

import numpy as np
import pinocchio as pin

from vla_core.frozen import Array
from vla_core.robot.config import RobotConfig
from vla_core.robot.description.urdf import pad_links
from vla_core.robot.gripper import GripperConfig
from vla_core.robot.model import collision_model, link_of

SAMPLES = 13  # openings at which the placement is computed; in between it is interpolated


class FingerPath:
    """The shapes that a gripper moves, by index in the collision model of its robot."""

    def __init__(self, config: RobotConfig, gripper: GripperConfig) -> None:
        self._low, self._high = gripper.closed_width, gripper.open_width
        widths = np.linspace(self._low, self._high, SAMPLES)
        models = [collision_model(config, float(width)) for width in widths]
        items = [shapes.geometryObjects for _, shapes in models]
        ends = zip(items[0], items[-1], strict=True)
        moved = [k for k, (a, b) in enumerate(ends) if not a.placement.isApprox(b.placement, 1e-9)]
        own = set(_joints_below(config, gripper, models[0][0]))
        self.shapes = [k for k in moved if items[0][k].parentJoint in own]
        pads = pad_links(config, gripper)
        on_pads = [k for k, item in enumerate(items[0]) if link_of(models[0][0], item) in pads]
        self.touching = sorted({*self.shapes, *on_pads})  # the fingers, and a pad that stands
        self._placements = [[row[k].placement.copy() for k in self.shapes] for row in items]
        self.reach: Array = np.array(
            [
                max(np.linalg.norm(row[j].translation) for row in self._placements)
                for j in range(len(self.shapes))
            ]
        )  # m, farthest that each shape's origin gets from its joint
        self.rate = self._largest_rate(items[0], float(widths[1] - widths[0]))

    def at(self, width: float) -> list[Any]:
        """SE3 in the parent joint of each of `shapes`, at an opening of `width` m."""
        share = (width - self._low) / (self._high - self._low)
        place = float(np.clip(share, 0.0, 1.0)) * (SAMPLES - 1)
        k = min(int(place), SAMPLES - 2)
        pairs = zip(self._placements[k], self._placements[k + 1], strict=True)
        return [pin.SE3.Interpolate(a, b, place - k) for a, b in pairs]

    def _largest_rate(self, items: Any, step: float) -> float:
        """Most that a point of a finger moves per m of the opening."""
        largest = 0.0
        for before, after in zip(self._placements, self._placements[1:], strict=False):
            for k, a, b in zip(self.shapes, before, after, strict=True):
                items[k].geometry.computeLocalAABB()
                radius = float(items[k].geometry.aabb_radius)
                turn = float(np.linalg.norm(pin.log3(a.rotation.T @ b.rotation)))
                centre = np.asarray(items[k].geometry.aabb_center)
                moved = float(np.linalg.norm(a.act(centre) - b.act(centre)))
                largest = max(largest, (moved + turn * radius) / step)
        return largest


def _joints_below(config: RobotConfig, gripper: GripperConfig, model: Any) -> list[int]:
    """The joints of the arm that carries the gripper."""
    arm = next(arm for arm in config.arms if arm.name == gripper.arm)
    return [model.getJointId(name) for name in arm.joint_names]
