"""The state of one task: its status, the queued task, and the transitions between phases."""

from __future__ import annotations

from dataclasses import replace

from vla_core.records.task import Phase, ResultCode, TaskStatus
from vla_supervisor.execution.commands import HostAction, TaskRequest
from vla_supervisor.execution.graded_response import NO_REACTION, Reaction
from vla_supervisor.execution.grounding_filter import GroundingFilter
from vla_supervisor.execution.phase_timer import PhaseTimer
from vla_supervisor.execution.preemption import AfterRelease, release_phase
from vla_supervisor.execution.success_detector import SuccessDetector
from vla_supervisor.execution.task_inputs import TaskInputs
from vla_supervisor.params import ExecutiveParams

PLANNED = (Phase.HOMING, Phase.RETREAT, Phase.ROLLBACK)
MOVING = (Phase.RUNNING, *PLANNED)


class TaskExecution:
    """Changed only by its transitions; every one that changes the phase has it published."""

    def __init__(self, params: ExecutiveParams, inputs: TaskInputs) -> None:
        self.params, self.inputs = params, inputs
        self.status = TaskStatus(0.0, '', '', Phase.IDLE)
        self.is_busy = False  # from the start of a task until there is a result and none is queued
        self.queued: TaskRequest | None = None  # begins when the gripper is free
        self.after: AfterRelease | None = None  # what follows the release
        self.question = NO_REACTION  # the open question to the operator
        self.attempts = params.attempts  # permitted; the operator may add one
        self.is_homed = False  # this task has been at the home pose, or need not
        self.is_preempting = False  # this task began where the last one was left
        self.arm_at = 0.0  # s, next request to arm
        self.grounding = GroundingFilter(params.grounding)  # starts over with the phase
        self.success = SuccessDetector(params.success)  # starts over with the task
        self.timer = PhaseTimer(params)
        self.actions: list[HostAction] = [HostAction.PUBLISH]

    def on_clock_jump(self, step: float) -> None:
        """Keep all durations when ROS time jumps by `step` s."""
        self.status = replace(self.status, stamp=self.status.stamp + step)
        self.arm_at += step
        self.timer.on_clock_jump(step)
        self.grounding.on_clock_jump(step)
        self.success.begin_attempt()

    @property
    def is_cancelling(self) -> bool:
        return self.after == AfterRelease.CANCELLED

    @property
    def is_unpublished(self) -> bool:
        """True while the status has to be published before it may change again."""
        return HostAction.PUBLISH in self.actions

    def begin(self, request: TaskRequest, now: float) -> None:
        """Begin a task."""
        self.status = TaskStatus(
            now, request.task_id, request.instruction, Phase.GROUNDING, 1, request.seed
        )
        self.is_busy, self.is_homed, self.is_preempting = True, False, False
        self.queued = self.after = None
        self.question, self.attempts = NO_REACTION, self.params.attempts
        self.success.begin()
        self.arm_at, self.inputs.arm_refusal = now, ''
        self.enter(Phase.GROUNDING, now)

    def begin_queued(self, request: TaskRequest, now: float) -> None:
        """Begin the queued task from where the arm is."""
        self.begin(request, now)
        self.is_homed = self.is_preempting = True

    def preempt(self, request: TaskRequest, now: float) -> None:
        """Leave the running task, then begin `request`."""
        self.queued = request
        self.release(AfterRelease.NEXT, now)

    def cancel(self, now: float) -> None:
        """Leave the task and hold position; a second time: hold at once."""
        self.queued = None
        if self.is_cancelling:
            self.finish(ResultCode.CANCELLED, 'cancelled twice: recovery move aborted', now)
        else:
            self.release(AfterRelease.CANCELLED, now)

    def stop(self, code: ResultCode, text: str, now: float) -> None:
        """End the task at once, and drop the queued one."""
        self.queued = None
        self.finish(code, text, now)

    def stand_still(self, text: str, now: float) -> None:
        """End the task, or the move home after one, where the arm is."""
        if self.is_busy:
            self.stop(ResultCode.STOPPED, text, now)
        elif self.status.phase != Phase.IDLE:  # the result stands
            self.enter(Phase.IDLE, now)

    def abort(self, reason: str, now: float) -> None:
        """End the task and disarm the shield."""
        self.actions.append(HostAction.DISARM)
        self.queued = None
        if self.is_busy:
            self.finish(ResultCode.STOPPED, reason, now)
        elif self.status.phase in MOVING:  # only the move home is aborted; the result stands
            self.enter(Phase.IDLE, now)

    def back_off(self, reason: str, now: float) -> None:
        """End the attempt and begin the next one."""
        self.status = replace(self.status, attempt=self.status.attempt + 1, text=reason)
        self.release(AfterRelease.RETRY, now)

    def ask(self, question: Reaction, now: float) -> None:
        """Ask the operator; an attempt is left first, unless its problem may pass."""
        self.question = question
        if self.status.phase == Phase.RUNNING and not question.may_pass:
            self.release(AfterRelease.ASK, now)
        else:
            self._enter_asking(now)

    def resume(self, now: float) -> None:
        """Permit one more attempt after a question."""
        self.question = NO_REACTION
        if self.after not in (None, AfterRelease.ASK):
            self.release(self.after, now)  # the recovery move that was blocked
            return
        self.attempts = self.status.attempt + 1
        self.status = replace(self.status, attempt=self.attempts, text='')
        height = self.params.clear_height
        if release_phase(self.inputs.control, AfterRelease.NEXT, height) is None:
            self.released(AfterRelease.RETRY, now)
        else:
            self.release(AfterRelease.RETRY, now)

    def release(self, after: AfterRelease, now: float) -> None:
        """Free the gripper by a planned move if it has to be, then do `after`."""
        self.after = after
        if self.status.phase in (Phase.ROLLBACK, Phase.RETREAT):
            return  # already moving
        move = release_phase(self.inputs.control, after, self.params.clear_height)
        if move is None:
            self.released(after, now)
        else:
            self.enter(move, now)

    def released(self, after: AfterRelease, now: float) -> None:
        """Do `after`: the gripper is free."""
        self.after = None
        if after == AfterRelease.NEXT and self.queued is not None:
            text = f'preempted by "{self.queued.instruction}"'
            self.finish(ResultCode.SWITCHED, text, now)
        elif after == AfterRelease.CANCELLED:
            self.finish(ResultCode.CANCELLED, 'cancelled', now)
        elif after == AfterRelease.ASK:
            self._enter_asking(now)
        else:
            self.is_homed = True
            self.enter(Phase.GROUNDING, now)

    def finish(self, code: ResultCode, text: str, now: float) -> None:
        """End the task with a result."""
        self.is_busy, self.after = self.queued is not None, None
        self.status = replace(self.status, code=code, text=text)
        self.enter(Phase.DONE if code == ResultCode.SUCCEEDED else Phase.FAILED, now)

    def enter(self, phase: Phase, now: float) -> None:
        """Begin a phase."""
        self.status = replace(self.status, phase=phase, stamp=now)
        self.timer.begin(now)
        self.inputs.shield.begin(now)
        self.grounding.begin(self.status.task_id, now)
        self.actions.append(HostAction.PUBLISH)

    def _enter_asking(self, now: float) -> None:
        text = f'{self.question.reason}. Continue, stop, or run another instruction?'
        self.status = replace(self.status, text=text)
        self.actions.append(HostAction.RING)
        self.enter(Phase.ASKING, now)
