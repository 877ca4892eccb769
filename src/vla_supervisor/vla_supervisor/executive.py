"""One task from words to result, as people and nodes see it; the phases are in course.py."""

from __future__ import annotations

from vla_core.records.action import ControlState
from vla_core.records.alignment import AlignmentVerdict
from vla_core.records.safety import FailureScore, Level, SafetyVote, ShieldReport
from vla_core.records.scene import GroundedScene
from vla_core.records.task import Phase, ResultCode
from vla_supervisor.params import ExecutiveParams, HostAction, OperatorAnswer, StartResult
from vla_supervisor.preemption import AfterRelease, TaskRequest
from vla_supervisor.response import NO_REACTION, ResponseLevel
from vla_supervisor.task_phases import MOVING, PLANNED, TaskPhases

__all__ = ['OperatorAnswer', 'Executive', 'ExecutiveParams', 'HostAction', 'StartResult']

VOTER = 'supervisor'


class Executive(TaskPhases):
    """Holds one task; `status` is what every node follows."""

    def __init__(self, params: ExecutiveParams) -> None:
        super().__init__(params)
        self._tasks = 0
        self._votes = 0

    # -- what people say -----------------------------------------------------------------------

    def start(self, instruction: str, seed: int, now: float) -> StartResult:
        """Begin a task. Another that runs gives way: it is undone first when the hand is in
        contact. The same words again change nothing.
        """
        if not instruction.strip():
            return StartResult('', 'the instruction is empty')
        wanted = self._next or TaskRequest(self.status.task_id, self.status.instruction, 0)
        goes_on = self.is_busy and self._after != AfterRelease.CANCELLED
        if goes_on and instruction.split() == wanted.instruction.split():
            if self.status.phase == Phase.ASKING:
                self._continue(now)
            return StartResult(wanted.task_id)
        self._tasks += 1
        wish = TaskRequest(f'{self._tasks:03d}-{round(now * 1000)}', instruction, seed)
        if self.is_busy:
            self._next = wish
            self._leave(AfterRelease.NEXT, now)
        else:
            self._begin(wish, now)
        return StartResult(wish.task_id)

    def cancel(self, now: float) -> None:
        """End the task: what the hand has begun is undone, then the arm holds. Once more: at
        once.
        """
        if not self.is_busy:
            return
        self._next = None
        if self._after == AfterRelease.CANCELLED:
            self._finish(ResultCode.CANCELLED, 'cancelled twice: stopped on the way back', now)
        else:
            self._leave(AfterRelease.CANCELLED, now)

    def answer(
        self, said: OperatorAnswer, now: float, instruction: str = '', seed: int = 0
    ) -> str:
        """Take a person's answer; return why it cannot be followed, or ''."""
        if said == OperatorAnswer.INSTRUCTION:
            return self.start(instruction, seed, now).refusal
        if not self.is_busy:
            return 'no task runs'
        if said == OperatorAnswer.STOP:
            self._next = None
            why = f': {self._question.reason}' if self._question.reason else ''
            self._finish(ResultCode.STOPPED, f'stopped by a person{why}', now)
            return ''
        if self.status.phase != Phase.ASKING:
            return 'nothing was asked'
        self._continue(now)
        return ''

    # -- what nodes say ------------------------------------------------------------------------

    def abort(self, reason: str, now: float) -> None:
        """End the task and disarm: something that everything rests on is gone."""
        self._requests.append(HostAction.DISARM)
        self._next = None
        if self.is_busy:
            self._finish(ResultCode.STOPPED, reason, now)
        elif self.status.phase in MOVING:  # only the way home is cut short; the result stands
            self._enter(Phase.IDLE, now)

    def on_health(self, reason: str) -> None:
        """Take over what the heartbeats say; empty when all are well."""
        self.health = reason

    def on_scene(self, scene: GroundedScene, now: float) -> None:
        """Look for the target, or judge whether the task is done."""
        self._seeing.put(scene)
        if scene.task_id != self.status.task_id:
            return
        if self.status.phase == Phase.GROUNDING:
            self._quorum.put(scene)
        elif self.status.phase == Phase.RUNNING and self._control is not None:
            verdict = self._judge.judge(scene, self._control)
            self.missing = verdict.missing
            if not verdict.is_done:
                self._done_since = None
            elif self._done_since is None:
                self._done_since = scene.stamp
            elif scene.stamp - self._done_since >= self.params.done_after:
                self._finish(ResultCode.SUCCEEDED, self._success_text(now), now)

    def on_failure(self, score: FailureScore, now: float) -> None:
        """Hear the failure detector."""
        self.response.on_failure(score.verdict, score.reason, score.stamp, now)

    def on_verdict(self, verdict: AlignmentVerdict, now: float) -> None:
        """Hear which candidate the verifier has chosen, if any."""
        if verdict.task_id == self.status.task_id:
            has, step = verdict.has_chosen, verdict.plan_step
            self.response.on_alignment(has, step, verdict.stamp, now)

    def on_report(self, report: ShieldReport, now: float) -> None:
        """Follow what the shield lets through."""
        self._report = report
        self._stillness.put(report)

    def on_control_state(self, state: ControlState, now: float) -> None:
        """Follow the tool and the planned moves."""
        self._control = state
        if self.status.phase == Phase.RUNNING:
            self._judge.watch(state)

    # -- what comes of it ----------------------------------------------------------------------

    def tick(self, now: float) -> list[HostAction]:
        """Move on where it is time to; return what the host has to do."""
        if self.health or self.withheld or self._seeing.blind(now):  # no time is lost by it
            self._stillness.begin(now)
            self._began += max(now - self._ticked, 0.0)
        self._ticked = now
        self.reaction = NO_REACTION
        if self.status.phase in MOVING and not self._is_news:
            self._react(now)
        step = {
            Phase.GROUNDING: self._grounding,
            **dict.fromkeys(PLANNED, self._moving),
            Phase.ASKING: self._asking,
            Phase.DONE: self._over,
            Phase.FAILED: self._over,
        }.get(self.status.phase)
        if step is not None and not self._is_news:
            step(now)
        requests, self._requests = self._requests, []
        return requests

    @property
    def _is_news(self) -> bool:
        """True while the status has to be published before it may change again."""
        return HostAction.PUBLISH in self._requests

    def vote(self, now: float) -> SafetyVote:
        """Return RUN while every required node is well and nothing is wrong with the task."""
        self._votes += 1
        level, scale, reason = self._permission()
        ttl, task_id = self.params.vote_ttl, self.status.task_id
        reasons = (reason,) if reason else ()
        return SafetyVote(now, VOTER, self._votes, level, scale, ttl, task_id, reasons)

    def _permission(self) -> tuple[Level, float, str]:
        if self.stopped:
            return Level.STOP, 0.0, self.stopped
        still = self.health or self.withheld
        if not still and self.status.phase == Phase.ASKING:
            still = f'waiting for a person: {self._question.reason}'
        if still:
            return Level.HOLD, 0.0, still
        if self.reaction.rung == ResponseLevel.SLOW:
            return Level.SLOW, self.params.response.slow_scale, self.reaction.reason
        if self.reaction.rung == ResponseLevel.HOLD:
            return Level.HOLD, 0.0, self.reaction.reason
        return Level.RUN, 1.0, ''
