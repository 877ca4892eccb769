"""One task from words to result: a state machine without clock or ROS."""

from __future__ import annotations

from dataclasses import replace

from vla_core.action import ControlState
from vla_core.safety import Level, SafetyVote, ShieldReport
from vla_core.scene import GroundedScene
from vla_core.task import Phase, ResultCode, TaskStatus
from vla_supervisor.judge import Judge
from vla_supervisor.quorum import Answer, Finding, Quorum
from vla_supervisor.stillness import Stillness
from vla_supervisor.terms import ExecutiveParams, Request, Started

__all__ = ['Executive', 'ExecutiveParams', 'Request', 'Started']

VOTER = 'supervisor'
MOVING = (Phase.RUNNING, Phase.HOMING, Phase.RETREAT)
GO_HOME_AFTER = (ResultCode.TIMEOUT, ResultCode.FAILED)  # hold after anything that was stopped


class Executive:
    """Holds one task; `status` is what every node follows."""

    def __init__(self, params: ExecutiveParams) -> None:
        self.params = params
        self.status = TaskStatus(0.0, '', '', Phase.IDLE)
        self.health = ''  # why not all nodes are well; empty when they are
        self.missing = ''  # what the judge still wants
        self.arm_refusal = ''  # why the shield did not arm, when it was asked; set by the host
        self.is_busy = False  # from the start of a task until its result
        self._quorum = Quorum(params.quorum)
        self._judge = Judge(params.judge)
        self._stillness = Stillness(params.stillness)
        self._control: ControlState | None = None
        self._report: ShieldReport | None = None
        self._done_since: float | None = None  # s, stamp of the first scene judged done
        self._began = 0.0  # s, of the attempt
        self._arm_next = 0.0  # s, when to ask again
        self._is_homed = False  # this task has been to the home pose
        self._tasks = 0
        self._votes = 0
        self._requests: list[Request] = [Request.PUBLISH]

    def start(self, instruction: str, seed: int, now: float) -> Started:
        """Begin a task; the way home from the last one is given up for it."""
        if self.is_busy:
            return Started('', f'busy with "{self.status.instruction}"')
        if not instruction.strip():
            return Started('', 'the instruction is empty')
        self._tasks += 1
        task_id = f'{self._tasks:03d}-{round(now * 1000)}'
        self.status = TaskStatus(now, task_id, instruction, Phase.GROUNDING, 1, seed)
        self.is_busy, self._is_homed, self.missing = True, False, ''
        self._judge.begin()
        self._arm_next, self.arm_refusal = now, ''
        self._enter(Phase.GROUNDING, now)
        return Started(task_id)

    def cancel(self, now: float) -> None:
        """Stop where it is; the arm holds."""
        if self.is_busy:
            self._finish(ResultCode.CANCELLED, 'cancelled', now)

    def abort(self, reason: str, now: float) -> None:
        """End the task and disarm: something that everything rests on is gone."""
        self._requests.append(Request.DISARM)
        if self.is_busy or self.status.phase in MOVING:
            self._stop(ResultCode.STOPPED, reason, now)

    def on_health(self, reason: str) -> None:
        """Take over what the heartbeats say; empty when all are well."""
        self.health = reason

    def on_scene(self, scene: GroundedScene, now: float) -> None:
        """Look for the target, or judge whether the task is done."""
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

    def on_report(self, report: ShieldReport, now: float) -> None:
        """Follow what the shield lets through."""
        self._report = report
        self._stillness.put(report)

    def on_control_state(self, state: ControlState, now: float) -> None:
        """Follow the tool and the planned moves."""
        self._control = state
        if self.status.phase == Phase.RUNNING:
            self._judge.watch(state)

    def tick(self, now: float) -> list[Request]:
        """Move on where it is time to; return what the host has to do."""
        if self.status.phase in MOVING:
            reason = self._stillness.reason(self._report, self.status.stamp, now)
            if reason:
                self._stop(ResultCode.STOPPED, reason, now)
        step = {
            Phase.GROUNDING: self._grounding,
            Phase.RUNNING: self._running,
            Phase.RETREAT: self._moving,
            Phase.HOMING: self._moving,
            Phase.DONE: self._over,
            Phase.FAILED: self._over,
        }.get(self.status.phase)
        if step is not None:
            step(now)
        requests, self._requests = self._requests, []
        return requests

    def vote(self, now: float) -> SafetyVote:
        """Return RUN while every required node is well."""
        self._votes += 1
        level, scale = (Level.HOLD, 0.0) if self.health else (Level.RUN, 1.0)
        reasons = (self.health,) if self.health else ()
        ttl, task_id = self.params.vote_ttl, self.status.task_id
        return SafetyVote(now, VOTER, self._votes, level, scale, ttl, task_id, reasons)

    def _grounding(self, now: float) -> None:
        if self._is_waiting(now):
            return
        if self.status.attempt == 1 and not self._is_homed:
            self._is_homed = self._control is not None and self._control.at_home
            self._enter(Phase.GROUNDING if self._is_homed else Phase.RETREAT, now)
            return
        answer = self._quorum.answer(now)
        if answer.finding == Finding.FOUND:
            self._began, self._done_since = now, None
            self._enter(Phase.RUNNING, now)
        elif answer.finding == Finding.REFUSED:
            self._refuse(answer, now)

    def _is_waiting(self, now: float) -> bool:
        """True while nodes or arming are missing; too long and the task ends."""
        lacking = self.health or self._stillness.lacks(self._report, now)
        if lacking and self.params.auto_arm and now >= self._arm_next:
            self._arm_next = now + self.params.arm_every
            self._requests.append(Request.ARM)
        if lacking and self.arm_refusal:
            lacking = f'the shield does not arm: {self.arm_refusal}'
        if self._control is None:
            lacking = lacking or 'control says nothing'
        if lacking and now - self.status.stamp >= self.params.ready_timeout:
            self._finish(ResultCode.NOT_READY, lacking, now)
        return bool(lacking)

    def _refuse(self, answer: Answer, now: float) -> None:
        if self.status.attempt == 1:
            self._finish(answer.code, answer.text, now)
        else:
            self._finish(ResultCode.FAILED, f'lost it after the first try: {answer.text}', now)

    def _running(self, now: float) -> None:
        p = self.params
        if now - self._began < p.attempt_timeout:
            return
        if self.status.attempt < p.attempts:
            self.status = replace(self.status, attempt=self.status.attempt + 1)
            self._enter(Phase.RETREAT, now)
            return
        text = f'not done after {p.attempts} x {p.attempt_timeout:g} s'
        self._finish(ResultCode.TIMEOUT, f'{text}: {self.missing or "nothing seen"}', now)

    def _moving(self, now: float) -> None:
        """RETREAT, then HOMING (not between two tries), then on with the task, or rest."""
        phase, since = self.status.phase, self.status.stamp
        if self._has_arrived(since):
            is_retry = self.is_busy and self.status.attempt > 1
            if phase == Phase.RETREAT and not is_retry:
                self._enter(Phase.HOMING, now)
            else:
                self._is_homed = True
                self._enter(Phase.GROUNDING if self.is_busy else Phase.IDLE, now)
        elif now - since >= self.params.move_timeout:
            self._stop(ResultCode.TIMEOUT, f'{phase.name} took too long', now)

    def _has_arrived(self, since: float) -> bool:
        """True when control says that the move of this very phase and task is over."""
        state = self._control
        if state is None or not state.move_done or not state.stamp > since:
            return False
        return state.phase == self.status.phase and state.task_id == self.status.task_id

    def _over(self, now: float) -> None:
        """Go home after a task that ended by itself."""
        goes_home = self.status.phase == Phase.DONE or self.status.code in GO_HOME_AFTER
        if goes_home and now - self.status.stamp >= self.params.linger:
            self._enter(Phase.RETREAT, now)

    def _stop(self, code: ResultCode, reason: str, now: float) -> None:
        if self.is_busy:
            self._finish(code, reason, now)
        else:  # only the way home is cut short; the result stands
            self._enter(Phase.IDLE, now)

    def _finish(self, code: ResultCode, text: str, now: float) -> None:
        self.is_busy = False
        self.status = replace(self.status, code=code, text=text)
        self._enter(Phase.DONE if code == ResultCode.SUCCEEDED else Phase.FAILED, now)

    def _enter(self, phase: Phase, now: float) -> None:
        self.status = replace(self.status, phase=phase, stamp=now)
        self._stillness.begin(now)
        self._quorum.begin(self.status.task_id, now)
        self._requests.append(Request.PUBLISH)

    def _success_text(self, now: float) -> str:
        tries = '' if self.status.attempt == 1 else f', at try {self.status.attempt}'
        return f'done in {now - self._began:.1f} s{tries}: {self.status.instruction}'
