"""ROS interface to the operator: action ExecuteTask, and the service that answers a question."""

from __future__ import annotations

from typing import Any

from rclpy.node import Node

from vla_core.records.safety import FailureScore, ShieldReport
from vla_core.records.scene import GroundedScene
from vla_core.records.task import ResultCode
from vla_interfaces.action import ExecuteTask
from vla_interfaces.srv import Answer
from vla_ros.simple_action_server import GoalOutcome, SimpleActionServer
from vla_supervisor.execution.commands import OperatorAnswer
from vla_supervisor.execution.executive import Executive

FEEDBACK_EVERY = 10  # cycles
NAN = float('nan')
OUTCOMES = {ResultCode.SUCCEEDED: GoalOutcome.SUCCEED, ResultCode.CANCELLED: GoalOutcome.CANCEL}


class TaskActionServer:
    """Passes goals of `node`'s action to `executive`, one at a time."""

    def __init__(self, node: Node, executive: Executive) -> None:
        self.executive = executive
        self.scene: GroundedScene | None = None  # newest
        self.report: ShieldReport | None = None  # newest
        self.score: FailureScore | None = None  # newest
        self._now = 0.0  # s, ROS time
        self._cycles = 0
        self._read_as = ''  # for people: the instruction of the goal, where slips were put right
        self._preempted = ExecuteTask.Result()  # of a goal that is preempted
        self._goal = SimpleActionServer(
            node, ExecuteTask, 'execute_task', self._begin, lambda: self._preempted
        )
        node.create_service(Answer, 'supervisor/answer', self.on_answer)

    def take_requests(self, now: float) -> None:
        """Pass a cancel request on to the executive; `now` is the time of the next requests."""
        self._now = now
        if self._goal.take_cancel():
            self.executive.cancel(now)

    def on_answer(self, request: Any, response: Any) -> Any:
        """Carry out an operator's answer to a question, or another instruction; say what ended."""
        running = self.executive.status.instruction if self.executive.is_busy else ''
        if request.answer not in tuple(OperatorAnswer):
            known = ', '.join(f'{a.value} {a.name.lower()}' for a in OperatorAnswer)
            response.message = f'unknown answer {request.answer}; known: {known}'
        else:
            response.message = self.executive.answer(
                OperatorAnswer(request.answer), self._now, request.instruction, request.seed
            )
        response.success = not response.message
        if response.success and not self.executive.is_busy:
            response.message = f'stopped “{running}”' if running else 'no task was running'
        return response

    def publish(self) -> None:
        """Send feedback, or the result once there is one."""
        if not self._goal.is_running:
            return
        self._cycles += 1
        status = self.executive.status
        if not self.executive.is_busy:
            result = ExecuteTask.Result(code=status.code, text=status.text, task_id=status.task_id)
            self._goal.finish(OUTCOMES.get(status.code, GoalOutcome.ABORT), result)
        elif self._cycles % FEEDBACK_EVERY == 0:
            self._goal.feedback(self._feedback())

    def _begin(self, goal: Any) -> Any:
        """Start the task of a goal; return the result of one that starts none, else None."""
        before = self.executive.status
        started = self.executive.start(goal.instruction, goal.seed, self._now)
        if started.stopped:
            return ExecuteTask.Result(code=ResultCode.STOPPED, text=started.stopped)
        if started.refusal:
            return ExecuteTask.Result(code=ResultCode.REFUSED_INSTRUCTION, text=started.refusal)
        self._read_as = f'read as “{started.read_as}”' if started.read_as else ''
        self._preempted = ExecuteTask.Result(
            code=ResultCode.SWITCHED,
            text=f'preempted by "{goal.instruction}"',
            task_id=before.task_id,
        )
        return None

    def _feedback(self) -> Any:
        status, scene, report, score = self.executive.status, self.scene, self.report, self.score
        message = ExecuteTask.Feedback(
            phase=status.phase, attempt=status.attempt, failure_score=NAN, failure_threshold=NAN
        )
        if scene is not None and scene.task_id == status.task_id:
            told = filter(None, (self._read_as, scene.reason))
            message.target_status, message.grounding = scene.target_status, '; '.join(told)
        if score is not None and score.episode_id == status.task_id:
            message.failure_verdict = score.verdict
            message.failure_score, message.failure_threshold = score.score, score.threshold
        if report is not None:
            message.shield_decision, message.shield_reason = report.decision, report.reason
        return message
