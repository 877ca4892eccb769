"""What people say to the executive: the ExecuteTask action, and the service that answers it."""

from __future__ import annotations

from typing import Any

from rclpy.node import Node

from vla_core.records.safety import FailureScore, ShieldReport
from vla_core.records.scene import GroundedScene
from vla_core.records.task import ResultCode
from vla_interfaces.action import ExecuteTask
from vla_interfaces.srv import Answer as AnswerService
from vla_ros.simple_action_server import GoalOutcome, SimpleActionServer
from vla_supervisor.executive import Answer, Executive

FEEDBACK_EVERY = 10  # answers
NAN = float('nan')
OUTCOMES = {ResultCode.SUCCEEDED: GoalOutcome.SUCCEED, ResultCode.CANCELLED: GoalOutcome.CANCEL}


class TaskActionServer:
    """One goal of `node` at a time, carried out by `executive`."""

    def __init__(self, node: Node, executive: Executive) -> None:
        self.executive = executive
        self.scene: GroundedScene | None = None  # the newest
        self.report: ShieldReport | None = None  # the newest
        self.score: FailureScore | None = None  # the newest
        self._now = 0.0  # s, ROS time
        self._answers = 0
        self._displaced = ExecuteTask.Result()  # of a goal that gives way
        self._goal = SimpleActionServer(
            node, ExecuteTask, 'execute_task', self._begin, lambda: self._displaced
        )
        node.create_service(AnswerService, 'supervisor/answer', self.on_answer)

    def follow(self, now: float) -> None:
        """Hand a wish to cancel on to the executive."""
        self._now = now
        if self._goal.take_cancel():
            self.executive.cancel(now)

    def on_answer(self, request: Any, response: Any) -> Any:
        """Take a person's answer to a question, or what to do instead."""
        if request.answer not in tuple(Answer):
            response.message = f'answer is {request.answer}; known: 0 continue, 1 stop, 2 words'
        else:
            response.message = self.executive.answer(
                Answer(request.answer), self._now, request.instruction, request.seed
            )
        response.success = not response.message
        return response

    def answer(self) -> None:
        """Send feedback, or the result once there is one."""
        if not self._goal.is_running:
            return
        self._answers += 1
        status = self.executive.status
        if not self.executive.is_busy:
            result = ExecuteTask.Result(code=status.code, text=status.text, task_id=status.task_id)
            self._goal.finish(OUTCOMES.get(status.code, GoalOutcome.ABORT), result)
        elif self._answers % FEEDBACK_EVERY == 0:
            self._goal.feedback(self._feedback())

    def _begin(self, goal: Any) -> Any:
        """Start the task of a goal; return the result of one that cannot start."""
        before = self.executive.status
        started = self.executive.start(goal.instruction, goal.seed, self._now)
        if not started.refusal:
            self._displaced = ExecuteTask.Result(
                code=ResultCode.SWITCHED,
                text=f'gave way to "{goal.instruction}"',
                task_id=before.task_id,
            )
            return None
        return ExecuteTask.Result(code=ResultCode.NOT_READY, text=started.refusal)

    def _feedback(self) -> Any:
        status, scene, report = self.executive.status, self.scene, self.report
        message = ExecuteTask.Feedback(
            phase=status.phase, attempt=status.attempt, failure_score=NAN, failure_threshold=NAN
        )
        if scene is not None:
            message.target_status, message.grounding = scene.target_status, scene.reason
        if self.score is not None and self.score.episode_id == status.task_id:
            message.failure_verdict = self.score.verdict
            message.failure_score, message.failure_threshold = (
                self.score.score,
                self.score.threshold,
            )
        if report is not None:
            message.shield_decision, message.shield_reason = report.decision, report.reason
        return message
