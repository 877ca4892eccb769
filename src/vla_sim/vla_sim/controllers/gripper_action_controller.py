"""When a goal of a gripper ends, as in gripper_action_controller and
parallel_gripper_action_controller (Jazzy); file and line in docs/controllers.md."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GripperControllerParams:
    """The parameters of both controllers, with their defaults."""

    goal_tolerance: float = 0.01  # rad or m
    stall_velocity_threshold: float = 0.001  # rad/s or m/s
    stall_timeout: float = 1.0  # s
    allow_stalling: bool = False  # a stalled goal succeeds


class GripperActionController:
    """The goal of one joint. The commanded position stays after the end of the goal: a grasp that
    ends as stalled is still squeezed. Times in s."""

    def __init__(self, params: GripperControllerParams | None = None) -> None:
        self._p = params or GripperControllerParams()
        self._goal = self._moved_at = 0.0

    def begin(self, goal: float, now: float) -> None:
        """A new goal, rad or m."""
        self._goal, self._moved_at = goal, now

    def update(self, position: float, velocity: float, now: float) -> str:
        """'' while the goal runs; else 'reached', 'stalled' (a success) or 'aborted'."""
        if abs(self._goal - position) < self._p.goal_tolerance:
            return 'reached'
        if abs(velocity) > self._p.stall_velocity_threshold:
            self._moved_at = now
        elif now - self._moved_at > self._p.stall_timeout:
            return 'stalled' if self._p.allow_stalling else 'aborted'
        return ''
