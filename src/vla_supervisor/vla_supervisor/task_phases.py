"""The course of a task: its phases, and how one follows from another. Without clock or ROS.

GROUNDING (home first if the arm is elsewhere), RUNNING, DONE, RETREAT, HOMING, IDLE. What goes
wrong is answered by the ladder of response.py; a task is left by the ways of leaving.py.
"""

from __future__ import annotations

from dataclasses import replace

from vla_core.records.action import ControlState
from vla_core.records.safety import ShieldReport
from vla_core.records.task import Phase, ResultCode, TaskStatus
from vla_supervisor.camera_monitor import CameraMonitor
from vla_supervisor.grounding_filter import Answer as Found
from vla_supervisor.grounding_filter import GroundingDecision, GroundingFilter
from vla_supervisor.params import ExecutiveParams, HostAction
from vla_supervisor.preemption import (
    AfterRelease,
    TaskRequest,
    has_arrived,
    release_phase,
    retreat_phase,
    timeout_reason,
)
from vla_supervisor.response import NO_REACTION, GradedResponse, ResponseLevel, TaskConditions
from vla_supervisor.shield_monitor import ShieldMonitor
from vla_supervisor.success_detector import SuccessDetector

PLANNED = (Phase.HOMING, Phase.RETREAT, Phase.ROLLBACK)
MOVING = (Phase.RUNNING, *PLANNED)
GO_HOME_AFTER = (ResultCode.TIMEOUT, ResultCode.FAILED)  # hold after anything that was stopped


class TaskPhases:
    """One task in its phase; `status` is what every node follows."""

    def __init__(self, params: ExecutiveParams) -> None:
        self.params = params
        self.status = TaskStatus(0.0, '', '', Phase.IDLE)
        self.health = ''  # why not all nodes are well; empty when they are
        self.stopped = ''  # why everything must stop at once (emergency stop)
        self.withheld = ''  # why a person does not let it move (dead-man); empty when they do
        self.missing = ''  # what the judge still wants
        self.arm_refusal = ''  # why the shield did not arm, when it was asked; set by the host
        self.is_busy = False  # from the start of a task until there is a result and none waits
        self.response = GradedResponse(params.response)
        self.reaction = NO_REACTION  # of the last tick
        self._quorum = GroundingFilter(params.quorum)
        self._judge = SuccessDetector(params.judge)
        self._stillness = ShieldMonitor(params.stillness)
        self._seeing = CameraMonitor(params.response.fresh)
        self._control: ControlState | None = None
        self._report: ShieldReport | None = None
        self._next: TaskRequest | None = None  # waits until the hand is free
        self._after: AfterRelease | None = None  # what comes when it is
        self._question = NO_REACTION  # what a person is asked
        self._tries = params.attempts  # allowed; a person may grant more
        self._done_since: float | None = None  # s, stamp of the first scene judged done
        self._began = 0.0  # s, of the phase, later by the time that it had to wait
        self._ticked = 0.0  # s
        self._stuck_since: float | None = None  # s, since when a planned move says that it is
        self._arm_next = 0.0  # s, when to ask again
        self._is_homed = False  # this task has been to the home pose, or need not
        self._is_advancing = False  # this task began where the last one was left
        self._requests: list[HostAction] = [HostAction.PUBLISH]

    # -- phases --------------------------------------------------------------------------------

    def _begin(self, wish: TaskRequest, now: float) -> None:
        self.status = TaskStatus(
            now, wish.task_id, wish.instruction, Phase.GROUNDING, 1, wish.seed
        )
        self.is_busy, self._is_homed, self._is_advancing, self.missing = True, False, False, ''
        self._next = self._after = None
        self._question, self._tries = NO_REACTION, self.params.attempts
        self._judge.begin()
        self._arm_next, self.arm_refusal = now, ''
        self._enter(Phase.GROUNDING, now)

    def _grounding(self, now: float) -> None:
        if self._is_waiting(now):
            return
        if self.status.attempt == 1 and not self._is_homed:
            self._is_homed = self._control is not None and self._control.at_home
            way = release_phase(self._control, AfterRelease.RETRY, self.params.clear_height)
            self._enter(Phase.GROUNDING if self._is_homed else way or Phase.RETREAT, now)
            return
        answer = self._quorum.answer(now)
        if answer.finding == GroundingDecision.FOUND:
            self._done_since = None
            self.response.begin(now)
            self._enter(Phase.RUNNING, now)
        elif answer.finding == GroundingDecision.REFUSED:
            self._refuse(answer, now)

    def _is_waiting(self, now: float) -> bool:
        """True while nodes or arming are missing; too long and the task ends."""
        lacking = self.health or self._stillness.lacks(self._report, now)
        if lacking and self.params.auto_arm and now >= self._arm_next:
            self._arm_next = now + self.params.arm_every
            self._requests.append(HostAction.ARM)
        if lacking and self.arm_refusal:
            lacking = f'the shield does not arm: {self.arm_refusal}'
        if self._control is None:
            lacking = lacking or 'control says nothing'
        if lacking and now - self.status.stamp >= self.params.ready_timeout:
            self._finish(ResultCode.NOT_READY, lacking, now)
        return bool(lacking)

    def _refuse(self, answer: Found, now: float) -> None:
        if self._is_advancing:  # the arm may hide it: look again from home
            self._is_advancing = False
            self._enter(Phase.RETREAT, now)
        elif self.status.attempt == 1:
            self._finish(answer.code, answer.text, now)
        else:
            self._finish(ResultCode.FAILED, f'lost it after the first try: {answer.text}', now)

    def _moving(self, now: float) -> None:
        """A planned move; then what waits for it, else RETREAT, HOMING, and on with the task."""
        if not has_arrived(self._control, self.status):
            return
        phase, after = self.status.phase, self._after
        up = (
            retreat_phase(self._control, after, self.params.clear_height)
            if after
            else Phase.RETREAT
        )
        if phase == Phase.ROLLBACK and up:
            self._enter(up, now)
        elif after:
            self._left(after, now)
        elif phase == Phase.RETREAT:
            self._enter(Phase.HOMING, now)
        else:
            self._is_homed = True
            self._enter(Phase.GROUNDING if self.is_busy else Phase.IDLE, now)

    def _asking(self, now: float) -> None:
        """Wait for the answer; go on without one when the reason is gone."""
        p, asked = self.params.response, self._question
        if asked.may_pass and not (self.health or self._seeing.blind(now)):
            self._continue(now)
        elif now - self.status.stamp >= p.ask_timeout:
            text = f'{asked.reason}; asked, and nobody answered within {p.ask_timeout:g} s'
            self._next = None
            self._finish(asked.code, text, now)

    def _over(self, now: float) -> None:
        """Begin what waits, or go home after a task that ended by itself."""
        if self._next is not None:
            self._begin(self._next, now)
            self._is_homed = self._is_advancing = True
            return
        goes_home = self.status.phase == Phase.DONE or self.status.code in GO_HOME_AFTER
        if goes_home and now - self.status.stamp >= self.params.linger:
            self._enter(Phase.RETREAT, now)

    # -- from one to another -------------------------------------------------------------------

    def _react(self, now: float) -> None:
        """Do what the ladder says."""
        self.reaction = reaction = self.response.judge(self._facts(now), now)
        if reaction.rung <= ResponseLevel.HOLD:
            return
        if not self.is_busy:  # only the way home is cut short; the result stands
            self._enter(Phase.IDLE, now)
        elif self._after == AfterRelease.CANCELLED:
            self._finish(ResultCode.CANCELLED, f'cancelled; {reaction.reason}', now)
        elif reaction.rung == ResponseLevel.BACK_OFF:
            again = self.status.attempt + 1
            self.status = replace(self.status, attempt=again, text=reaction.reason)
            self._leave(AfterRelease.RETRY, now)
        elif reaction.rung == ResponseLevel.ASK:
            self._question = reaction
            if self.status.phase == Phase.RUNNING and not reaction.may_pass:
                self._leave(AfterRelease.ASK, now)
            else:
                self._ask(now)
        else:
            self._next = None
            self._finish(reaction.code, reaction.reason, now)

    def _facts(self, now: float) -> TaskConditions:
        phase, since, report = self.status.phase, self.status.stamp, self._report
        is_trying = phase == Phase.RUNNING
        problem = self._control.move_problem if self._control and not is_trying else ''
        if not problem or self._stuck_since is None:
            self._stuck_since = now if problem else None
        stuck = now - self._stuck_since if self._stuck_since is not None else 0.0
        return TaskConditions(
            health=self.health,
            blind=self._seeing.blind(now),
            fatal=self._stillness.fatal(report, since, now),
            held=self._stillness.held(now),
            held_why=(report.reason or report.decision.name) if report else '',
            overdue=timeout_reason(self.status, self.params, now - self._began, self.missing),
            problem=problem if stuck >= self.params.stuck_patience else '',
            is_trying=is_trying,
            is_last=self.status.attempt >= self._tries,
        )

    def _leave(self, after: AfterRelease, now: float) -> None:
        """Free the hand, then go on with `after`."""
        self._after = after
        if self.status.phase in (Phase.ROLLBACK, Phase.RETREAT):
            return  # on its way already
        way = release_phase(self._control, after, self.params.clear_height)
        if way is None:
            self._left(after, now)
        else:
            self._enter(way, now)

    def _left(self, after: AfterRelease, now: float) -> None:
        """The hand is free."""
        self._after = None
        if after == AfterRelease.NEXT and self._next is not None:
            self._finish(ResultCode.SWITCHED, f'gave way to "{self._next.instruction}"', now)
        elif after == AfterRelease.CANCELLED:
            self._finish(ResultCode.CANCELLED, 'cancelled', now)
        elif after == AfterRelease.ASK:
            self._ask(now)
        else:
            self._is_homed = True
            self._enter(Phase.GROUNDING, now)

    def _ask(self, now: float) -> None:
        text = f'{self._question.reason}. Go on, stop, or do something else?'
        self.status = replace(self.status, text=text)
        self._requests.append(HostAction.RING)
        self._enter(Phase.ASKING, now)

    def _continue(self, now: float) -> None:
        """A person, or the end of the reason, lets it try again."""
        self._question = NO_REACTION
        if self._after not in (None, AfterRelease.ASK):
            self._leave(self._after, now)  # the way back that was blocked
            return
        self._tries = self.status.attempt + 1
        self.status = replace(self.status, attempt=self._tries, text='')
        if release_phase(self._control, AfterRelease.NEXT, self.params.clear_height) is None:
            self._left(AfterRelease.RETRY, now)
        else:
            self._leave(AfterRelease.RETRY, now)

    def _finish(self, code: ResultCode, text: str, now: float) -> None:
        self.is_busy, self._after = self._next is not None, None
        self.status = replace(self.status, code=code, text=text)
        self._enter(Phase.DONE if code == ResultCode.SUCCEEDED else Phase.FAILED, now)

    def _enter(self, phase: Phase, now: float) -> None:
        self.status = replace(self.status, phase=phase, stamp=now)
        self._began, self._stuck_since = now, None
        self._stillness.begin(now)
        self._quorum.begin(self.status.task_id, now)
        self._requests.append(HostAction.PUBLISH)

    def _success_text(self, now: float) -> str:
        tries = '' if self.status.attempt == 1 else f', at try {self.status.attempt}'
        return f'done in {now - self._began:.1f} s{tries}: {self.status.instruction}'
