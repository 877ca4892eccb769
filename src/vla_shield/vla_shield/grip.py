"""The gripper's command: follows what is asked within its speed, stands still while the arm is
held."""

from __future__ import annotations

import numpy as np

from vla_core.action import Trajectory
from vla_core.robot import GripperConfig


class Grip:
    """The commanded opening in m."""

    def __init__(self, gripper: GripperConfig) -> None:
        self._gripper = gripper
        self.width = gripper.open_width

    def place(self, width: float) -> None:
        """Begin from a measured opening."""
        self.width = float(np.clip(width, self._gripper.closed_width, self._gripper.open_width))

    def move(self, asked: float, measured: float | None, period: float) -> None:
        """One period towards the opening asked for; only called while motion is allowed.

        Fingers that a thing stopped are behind their command. When they are to turn round, the
        command comes back to where they are, `measured` m, at once: else they would let go only
        after the command has travelled all that way, while the arm moves on.
        """
        width = self.width if measured is None else measured
        nearest = min(max(width, min(self.width, asked)), max(self.width, asked))
        step = self._gripper.speed * period
        self.place(nearest + float(np.clip(asked - nearest, -step, step)))

    def trajectory(self, now: float, lead: float) -> Trajectory:
        """Be at the commanded opening `lead` s from now, and stay; finger position is half of
        it."""
        half = np.array([[self.width / 2.0]])
        return Trajectory(now, (self._gripper.joint,), np.array([lead]), half, np.zeros((1, 1)))
