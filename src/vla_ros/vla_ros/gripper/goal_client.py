"""The client of a gripper's action: sends goals, and keeps why the newest one was not reached."""

from __future__ import annotations

from functools import partial
from typing import Any

from action_msgs.msg import GoalStatus
from rclpy.action import ActionClient
from rclpy.node import Node

from vla_core.records.action import GripperGoal
from vla_core.robot.gripper import GRASP_GAP, GripperConfig
from vla_ros.gripper.action_goal import action_type, goal_of
from vla_ros.gripper.goal_pacing import GoalPacing

STUCK = 3.0  # s, in which a goal that runs has moved the fingers
MOVED = 0.001  # m
CHECK_EVERY = 1.0  # s, between two checks that the server is there
ENDED_BADLY = {GoalStatus.STATUS_ABORTED: 'aborted', GoalStatus.STATUS_CANCELED: 'canceled'}


class GripperGoalClient:
    """One gripper. Only the newest goal counts: it preempts the one before, and a stock controller
    never ends a preempted goal. Hence a result is asked for only when the status says that the
    newest goal has ended."""

    def __init__(self, node: Node, gripper: GripperConfig) -> None:
        self._gripper = gripper
        self._client = ActionClient(node, action_type(gripper), gripper.command_topic)
        self.name = node.resolve_topic_name(gripper.command_topic)
        self._pacing = GoalPacing()
        self.goals = 0  # sent since the start
        self._number = 0  # of the newest goal
        self._is_answered = True  # the newest goal was accepted or rejected
        self._handle: Any = None  # of the newest goal while it runs
        self._measured: float | None = None  # m
        self._start: float | None = None  # m, from which the newest goal must move the fingers
        self._checked_at, self._is_absent = -CHECK_EVERY, False  # s, for the server
        self.problem = ''  # why the newest goal was not reached, or ''

    def absence(self) -> str:
        """Why no goal can be sent, or ''."""
        if self._client.server_is_ready():
            return ''
        return (
            f'{self._gripper.name}: no action server {self.name} '
            f'({self._gripper.command_type}): is the controller active?'
        )

    def clear(self) -> None:
        """Nothing is commanded: the driver keeps its last goal, and nothing is a problem."""
        self._number += 1
        self._handle, self._is_answered, self.problem = None, True, ''
        self._pacing.clear()

    def send(self, goal: GripperGoal, now: float) -> None:
        """Once per cycle: follow the newest goal, and send another when it is due."""
        self._measured = goal.measured
        self._follow(now)
        if goal.opening is not None and now - self._checked_at >= CHECK_EVERY:
            self._check_server(now)
        if not self._is_answered and self._pacing.is_overdue(now):
            self._fail('the action server does not answer')
        if goal.opening is None:
            return
        before = self._pacing.sent
        if not self._pacing.is_due(goal.opening, now, is_stop=goal.is_stop):
            return
        self._number += 1
        self._handle = None
        if not self._check_server(now):
            return
        self._start = _start(goal, before)
        self._is_answered, self.goals = False, self.goals + 1
        future = self._client.send_goal_async(goal_of(self._gripper, goal.opening))
        future.add_done_callback(partial(self._on_answer, self._number))

    def _check_server(self, now: float) -> bool:
        """Check that the server is there. One that was restarted holds the measured position: it
        gets the goal again."""
        self._checked_at, absence = now, self.absence()
        if absence:
            self._is_answered, self._handle, self._is_absent = True, None, True
            self.problem = absence
            self._pacing.fail()
        elif self._is_absent:
            self._is_absent, self.problem = False, ''
        return not absence

    def _on_answer(self, number: int, future: Any) -> None:
        if number != self._number:
            return
        self._is_answered, self._handle = True, future.result()
        if not self._handle.accepted:
            self._fail('the goal was rejected')

    def _follow(self, now: float) -> None:
        """Read the status of the newest goal, which its topic brings."""
        if self._handle is None:
            return
        if self._start is not None and self._measured is not None:
            if abs(self._measured - self._start) > MOVED:
                self._start = None
            elif self._pacing.is_overdue(now, STUCK):  # some drivers never end a failed goal
                self._fail('the goal runs, but the fingers do not move')
                return
        status = self._handle.status
        if status == GoalStatus.STATUS_SUCCEEDED:
            self._handle, self.problem = None, ''
        elif status in ENDED_BADLY:
            future = self._handle.get_result_async()
            future.add_done_callback(partial(self._on_end, self._number))
            self._handle = None

    def _on_end(self, number: int, future: Any) -> None:
        if number != self._number:
            return
        answer = future.result()
        if answer.status == GoalStatus.STATUS_ABORTED and self._has_contact(answer.result.stalled):
            self.problem = ''
        else:
            stall = ', the fingers do not move' if answer.result.stalled else ''
            self._fail(f'the goal was {ENDED_BADLY.get(answer.status, "lost")}{stall}')

    def _has_contact(self, is_stalled: bool) -> bool:
        """True when an object between the fingers ended the goal, which is a grasp. The stock
        controllers say `stalled`, Franka's driver does not."""
        opening = self._pacing.sent
        if self._measured is None or opening is None:
            return is_stalled
        return self._measured > opening + GRASP_GAP or (
            is_stalled and self._measured >= opening - GRASP_GAP
        )

    def _fail(self, why: str) -> None:
        opening, measured = self._pacing.sent, self._measured
        wanted = '' if opening is None else f' for {opening * 1e3:.0f} mm'
        found = '' if measured is None else f', measured {measured * 1e3:.0f} mm'
        self.problem = f'{self._gripper.name}: {why}{wanted}{found} ({self.name})'
        self._is_answered, self._handle = True, None
        self._pacing.fail()


def _start(goal: GripperGoal, before: float | None) -> float | None:
    """The measured opening (m) if the goal must move the fingers from there. One that closes need
    not where an object may be between them: the goal before was narrower, or is not known."""
    opening, measured = goal.opening, goal.measured
    if opening is None or measured is None or abs(opening - measured) <= GRASP_GAP:
        return None
    is_free = before is not None and abs(measured - before) <= GRASP_GAP
    return measured if opening > measured or is_free else None
