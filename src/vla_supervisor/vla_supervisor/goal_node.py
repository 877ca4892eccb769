"""The ExecuteTask action in front of the executive."""

from __future__ import annotations

from typing import Any

from rclpy.node import Node

from vla_core.safety import ShieldReport
from vla_core.scene import GroundedScene
from vla_core.task import ResultCode
from vla_interfaces.action import ExecuteTask
from vla_ros.one_goal import OneGoal, Outcome
from vla_supervisor.executive import Executive

FEEDBACK_EVERY = 10  # answers
NAN = float('nan')
OUTCOMES = {ResultCode.SUCCEEDED: Outcome.SUCCEED, ResultCode.CANCELLED: Outcome.CANCEL}


class TaskGoal:
    """One goal of `node` at a time, carried out by `executive`."""

    def __init__(self, node: Node, executive: Executive) -> None:
        self.executive = executive
        self.scene: GroundedScene | None = None  # the newest
        self.report: ShieldReport | None = None  # the newest
        self._now = 0.0  # s, ROS time
        self._answers = 0
        self._goal = OneGoal(node, ExecuteTask, 'execute_task', self._begin)

    def follow(self, now: float) -> None:
        """Hand a wish to cancel on to the executive."""
        self._now = now
        if self._goal.is_cancelled:
            self.executive.cancel(now)

    def answer(self) -> None:
        """Send feedback, or the result once there is one."""
        if not self._goal.is_running:
            return
        self._answers += 1
        status = self.executive.status
        if not self.executive.is_busy:
            result = ExecuteTask.Result(code=status.code, text=status.text, task_id=status.task_id)
            self._goal.finish(OUTCOMES.get(status.code, Outcome.ABORT), result)
        elif self._answers % FEEDBACK_EVERY == 0:
            self._goal.feedback(self._feedback())

    def _begin(self, goal: Any) -> Any:
        """Start the task of a goal; return the result of one that cannot start."""
        started = self.executive.start(goal.instruction, goal.seed, self._now)
        if not started.refusal:
            return None
        return ExecuteTask.Result(code=ResultCode.NOT_READY, text=started.refusal)

    def _feedback(self) -> Any:
        status, scene, report = self.executive.status, self.scene, self.report
        message = ExecuteTask.Feedback(
            phase=status.phase, attempt=status.attempt, failure_score=NAN, failure_threshold=NAN
        )
        if scene is not None:
            message.target_status, message.grounding = scene.target_status, scene.reason
        if report is not None:
            message.shield_decision, message.shield_reason = report.decision, report.reason
        return message
