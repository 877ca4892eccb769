"""The task executive: runs one task from an instruction to its result.

It takes requests of the operator and records of the other nodes, owns the state machine
(task_phases.py), and votes whether the robot may move.
"""

from __future__ import annotations

from vla_core.language.instruction import as_read, parse
from vla_core.language.stop_request import is_stop_request
from vla_core.records.action import ControlState
from vla_core.records.alignment import AlignmentVerdict
from vla_core.records.safety import FailureScore, Level, SafetyVote, ShieldReport
from vla_core.records.scene import GroundedScene
from vla_core.records.task import MAX_INSTRUCTION, Phase, ResultCode, TaskStatus
from vla_supervisor.execution.commands import HostAction, OperatorAnswer, StartResult, TaskRequest
from vla_supervisor.execution.graded_response import ResponseLevel
from vla_supervisor.execution.task_inputs import TaskInputs
from vla_supervisor.execution.task_phases import TaskPhases
from vla_supervisor.params import ExecutiveParams

VOTER = 'supervisor'
OTHER_CLOCK = 10.0  # s from now; a record stamped so is from before a jump of the clock


class Executive:
    """One task at a time; every node follows `status`."""

    def __init__(self, params: ExecutiveParams) -> None:
        self.params = params
        self.emergency = ''  # why all motion must stop at once (emergency stop)
        self._inputs = TaskInputs(params)
        self._phases = TaskPhases(params, self._inputs)
        self._state = self._phases.state
        self._tasks = 0
        self._votes = 0

    @property
    def status(self) -> TaskStatus:
        return self._state.status

    @property
    def is_busy(self) -> bool:
        """True from the start of a task until there is a result and none is queued."""
        return self._state.is_busy

    # -- requests ------------------------------------------------------------------------------

    def start(self, instruction: str, seed: int, now: float) -> StartResult:
        """Begin a task, or stop. A running task is preempted; the same one changes nothing.

        A running task goes on when the instruction is not understood.
        """
        if is_stop_request(instruction):
            return StartResult('', stopped=self._stand_still(instruction, now))
        if refusal := _unusable(instruction):
            return StartResult('', refusal)
        given = instruction
        instruction = as_read(given) if self.params.parses else given
        read_as = '' if instruction == given else instruction
        state, status = self._state, self.status
        last = state.queued or TaskRequest(status.task_id, status.instruction, status.seed)
        is_same = instruction.split() == last.instruction.split()
        if is_same and self.is_busy and not state.is_cancelling:
            if status.phase == Phase.ASKING:
                state.resume(now)
            return StartResult(last.task_id, read_as=read_as)
        if self.is_busy and self.params.parses and (reason := parse(instruction).reason):
            return StartResult('', f'{reason} The running task goes on.')
        self._tasks += 1
        request = TaskRequest(f'{self._tasks:03d}-{round(now * 1000)}', instruction, seed)
        if self.is_busy:
            state.preempt(request, now)
        else:
            state.begin(request, now)
        return StartResult(request.task_id, read_as=read_as)

    def _stand_still(self, instruction: str, now: float) -> str:
        """End all motion where the arm is: no roll back, no retreat, no move home."""
        text = f'stopped by the operator: "{instruction.strip()[:MAX_INSTRUCTION]}"'
        if not self.is_busy:
            text = f'{text}; no task was running'
        self._state.stand_still(text, now)
        return text

    def cancel(self, now: float) -> None:
        """Leave the task (ROLLBACK when in contact) and hold position; twice: hold at once."""
        if self.is_busy:
            self._state.cancel(now)

    def answer(
        self, answer: OperatorAnswer, now: float, instruction: str = '', seed: int = 0
    ) -> str:
        """Carry out an operator's answer; return why it is refused, or ''."""
        if answer == OperatorAnswer.INSTRUCTION:
            return self.start(instruction, seed, now).refusal
        if not self.is_busy:
            return 'no task is running'
        if answer == OperatorAnswer.STOP:
            reason = self._state.question.reason
            text = f'stopped by the operator{f": {reason}" if reason else ""}'
            self._state.stop(ResultCode.STOPPED, text, now)
            return ''
        if self.status.phase != Phase.ASKING:
            return 'no question is open'
        self._state.resume(now)
        return ''

    def abort(self, reason: str, now: float) -> None:
        """End the task and disarm the shield: it is lost, or the emergency stop is pressed."""
        self._state.abort(reason, now)

    # -- inputs --------------------------------------------------------------------------------

    def on_health(self, reason: str) -> None:
        """Store why not every node is healthy; empty when all are."""
        self._inputs.health = reason

    def on_inhibit(self, reason: str) -> None:
        """Store why the operator's switches do not permit motion; empty when they do."""
        self._inputs.inhibit = reason

    def on_emergency(self, reason: str) -> None:
        """Store why all motion must stop at once; empty when it need not."""
        self.emergency = reason

    def on_arm_response(self, refusal: str) -> None:
        """Store why the shield refused to arm; empty when it armed."""
        self._inputs.arm_refusal = refusal

    def on_clock_jump(self, step: float) -> None:
        """Keep all durations when ROS time jumps by `step` s; the task goes on."""
        self._inputs.on_clock_jump(step)
        self._phases.on_clock_jump(step)

    def on_scene(self, scene: GroundedScene, now: float) -> None:
        if not is_of_clock(scene.stamp, now):
            return
        self._inputs.camera.on_scene(scene)
        self._phases.on_scene(scene, now)

    def on_failure(self, score: FailureScore, now: float) -> None:
        if not is_of_clock(score.stamp, now):
            return
        self._phases.response.on_failure(score.verdict, score.reason, score.stamp, now)

    def on_verdict(self, verdict: AlignmentVerdict, now: float) -> None:
        if verdict.task_id == self.status.task_id and is_of_clock(verdict.stamp, now):
            has_chosen, step = verdict.has_chosen, verdict.plan_step
            self._phases.response.on_alignment(has_chosen, step, verdict.stamp, now)

    def on_report(self, report: ShieldReport, now: float) -> None:
        if is_of_clock(report.stamp, now):
            self._inputs.shield.on_report(report)

    def on_control_state(self, control: ControlState, now: float) -> None:
        if not is_of_clock(control.stamp, now):
            return
        self._inputs.control = control
        if self.status.phase == Phase.RUNNING:
            self._state.success.on_tool(control)

    # -- outputs -------------------------------------------------------------------------------

    def tick(self, now: float) -> list[HostAction]:
        """Advance the task; return what the host has to do."""
        return self._phases.tick(now)

    def vote(self, now: float) -> SafetyVote:
        """Return RUN while every required node is healthy and the task has no fault."""
        self._votes += 1
        level, scale, reason = self._permission()
        ttl, task_id = self.params.vote_ttl, self.status.task_id
        reasons = (reason,) if reason else ()
        return SafetyVote(now, VOTER, self._votes, level, scale, ttl, task_id, reasons)

    def _permission(self) -> tuple[Level, float, str]:
        """Return level, speed scale and reason of the vote."""
        if self.emergency:
            return Level.STOP, 0.0, self.emergency
        hold = self._inputs.health or self._inputs.inhibit
        if not hold and self.status.phase == Phase.ASKING:
            hold = f'waiting for the operator: {self._state.question.reason}'
        if hold:
            return Level.HOLD, 0.0, hold
        reaction = self._phases.reaction
        if reaction.level == ResponseLevel.SLOW:
            return Level.SLOW, self.params.response.slow_scale, reaction.reason
        if reaction.level == ResponseLevel.HOLD:
            return Level.HOLD, 0.0, reaction.reason
        return Level.RUN, 1.0, ''


def _unusable(instruction: str) -> str:
    """Return why the instruction is not passed on at all, or ''."""
    if not instruction.strip():
        return 'the instruction is empty'
    if len(instruction) > MAX_INSTRUCTION:
        return f'the instruction has {len(instruction)} characters, at most {MAX_INSTRUCTION}'
    return ''


def is_of_clock(stamp: float, now: float) -> bool:
    """False for a record from before a jump of the clock."""
    return abs(now - stamp) <= OTHER_CLOCK
