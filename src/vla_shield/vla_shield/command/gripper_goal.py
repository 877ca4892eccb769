"""The opening to which a gripper that moves by itself may go: the goal of an action."""

from __future__ import annotations

from vla_core.robot.gripper import GRASP_GAP, GripperConfig
from vla_shield.command.gripper import LOST

MOVED = 0.001  # m, less is no motion of the fingers
AT_REST = 0.15  # s without motion, then the fingers rest
SETTLE = 0.5  # s after a new goal, until fingers at rest are stopped by an object


class GripperGoalCommand:
    """While motion is allowed the goal is the requested opening. While it is not, fingers that
    move are stopped where they are, and an object that they hold stays held: with the goal that
    grasped it, also when its release had begun."""

    def __init__(self, gripper: GripperConfig) -> None:
        self._gripper = gripper
        self.opening: float | None = None  # m; None: no goal since arming
        self.is_stop = False  # motion is not allowed
        self._age = 0.0  # s, of the goal
        self._anchor, self._rest = 0.0, 0.0  # m, measured, and s for which the fingers are there
        self._grasp: tuple[float, float] | None = None  # m, goal and measured opening of a grasp

    def clear(self) -> None:
        """The gripper keeps the goal of its driver, until an opening is requested."""
        self.opening, self._grasp = None, None
        self._age = self._rest = 0.0

    def request(self, opening: float, measured: float | None, period: float) -> None:
        """One period in which motion is allowed."""
        self._observe(measured, period)
        self.is_stop = False
        self._put(min(max(opening, self._gripper.closed_width), self._gripper.open_width))

    def hold(self, measured: float | None, period: float) -> None:
        """One period in which motion is not allowed."""
        self._observe(measured, period)
        self.is_stop = True
        if self.opening is None or measured is None:
            return
        if self._grasp is not None:
            self._put(min(self.opening, self._grasp[0]))
        elif abs(measured - self.opening) > GRASP_GAP:
            self._put(min(measured, self._gripper.open_width))

    def limit(self, opening: float) -> None:
        """The certified opening, where the requested one is not allowed."""
        self._put(opening)

    def _put(self, opening: float) -> None:
        if self.opening is None or abs(opening - self.opening) > MOVED:
            self._age = 0.0
        self.opening = opening

    def _observe(self, measured: float | None, period: float) -> None:
        """Find out whether the fingers are stopped by an object."""
        self._age += period
        if measured is None:
            self._rest, self._grasp = 0.0, None
            return
        if abs(measured - self._anchor) > MOVED:
            self._anchor, self._rest = measured, 0.0
        self._rest += period
        if self._grasp is not None and abs(measured - self._grasp[1]) > LOST:
            self._grasp = None
        goal = self.opening
        if goal is None or not (self._age >= SETTLE and self._rest >= AT_REST):
            return
        if goal < measured - GRASP_GAP:
            self._grasp = goal, measured
