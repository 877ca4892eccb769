"""The gripper's command: follows what is asked within its speed; while the arm is held it stands
still, but takes hold again of what it was about to let go."""

from __future__ import annotations

import numpy as np

from vla_core.records.action import Trajectory
from vla_core.robot.config import GRASP_GAP, GripperConfig
from vla_core.robot.fingers import next_finger_command

LEFT = 0.003  # m, fingers this far from where they were stopped are not at the thing any more


class GripperCommand:
    """The commanded opening in m."""

    def __init__(self, gripper: GripperConfig) -> None:
        self._gripper = gripper
        self.width = gripper.open_width
        self._tight: tuple[float, float] | None = None  # m, commanded and measured, of a hold

    def place(self, width: float) -> None:
        """Begin from a measured opening."""
        self.width = float(np.clip(width, self._gripper.closed_width, self._gripper.open_width))

    def move(self, asked: float, measured: float | None, period: float) -> None:
        """One period towards the opening asked for; only called while motion is allowed."""
        self._feel(measured)
        here = self.width if measured is None else measured
        self.place(next_finger_command(self.width, here, asked, self._gripper.speed * period))

    def keep(self, measured: float | None, period: float) -> None:
        """One period in which nothing may move: letting go stops, too."""
        self._feel(measured)
        if self._tight is not None:
            step = self._gripper.speed * period
            self.place(max(self.width - step, min(self.width, self._tight[0])))

    def _feel(self, measured: float | None) -> None:
        """Note how the fingers hold a thing, for as long as they are at it."""
        if measured is None:
            return
        if self._tight is not None and abs(measured - self._tight[1]) > LEFT:
            self._tight = None
        if self.width < measured - GRASP_GAP:
            command, place = self._tight or (self.width, measured)
            self._tight = min(command, self.width), place

    def trajectory(self, now: float, lead: float) -> Trajectory:
        """Be at the commanded opening `lead` s from now, and stay; finger position is half of
        it."""
        half = np.array([[self.width / 2.0]])
        return Trajectory(now, (self._gripper.joint,), np.array([lead]), half, np.zeros((1, 1)))
