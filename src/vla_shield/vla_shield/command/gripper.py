"""The commanded opening of the gripper. While the arm is held the fingers stand still, but a grasp
that was about to be released is closed again."""

from __future__ import annotations

import numpy as np

from vla_core.records.action import Trajectory
from vla_core.robot.fingers import next_finger_command
from vla_core.robot.gripper import GRASP_GAP, GripperConfig

LOST = 0.003  # m, finger motion from where an object stopped them, beyond which it is lost


class GripperCommand:
    """The commanded opening, m, within the gripper's speed."""

    def __init__(self, gripper: GripperConfig) -> None:
        self._gripper = gripper
        self.width = gripper.open_width
        self._grasp: tuple[float, float] | None = None  # m, commanded and measured, of a grasp

    def reset(self, width: float) -> None:
        """Start from a measured opening."""
        self.width = float(np.clip(width, self._gripper.closed_width, self._gripper.open_width))

    def step_towards(self, requested: float, measured: float | None, period: float) -> None:
        """One period towards the requested opening; call it only while motion is allowed."""
        self._update_grasp(measured)
        here = self.width if measured is None else measured
        self.reset(next_finger_command(self.width, here, requested, self._gripper.speed * period))

    def hold(self, measured: float | None, period: float) -> None:
        """One period in which motion is not allowed: a release that has begun is undone."""
        self._update_grasp(measured)
        if self._grasp is not None:
            step = self._gripper.speed * period
            self.reset(max(self.width - step, min(self.width, self._grasp[0])))

    def _update_grasp(self, measured: float | None) -> None:
        """Remember how an object is grasped for as long as the fingers are at it."""
        if measured is None:
            return
        if self._grasp is not None and abs(measured - self._grasp[1]) > LOST:
            self._grasp = None
        if self.width < measured - GRASP_GAP:
            command, contact = self._grasp or (self.width, measured)
            self._grasp = min(command, self.width), contact

    def trajectory(self, now: float, lead: float) -> Trajectory:
        """Reach the commanded opening `lead` s from now and stay."""
        joint = np.array([[self._gripper.joint_position(self.width)]])
        return Trajectory(now, (self._gripper.joint,), np.array([lead]), joint, np.zeros((1, 1)))
