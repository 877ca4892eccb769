"""Graded response to faults: OK, SLOW, HOLD, BACK_OFF (abort the attempt, return to the last safe
state, retry with another seed), ASK the operator, STOP. Every level has a reason and a time limit,
and ends with its reason.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

from vla_core.params import check, param
from vla_core.records.safety import Verdict
from vla_core.records.task import ResultCode


class ResponseLevel(IntEnum):
    """What to do, the mildest first."""

    OK = 0
    SLOW = 1
    HOLD = 2  # hold position; the reason may pass
    BACK_OFF = 3  # abort the attempt, return to the last safe state, retry
    ASK = 4  # ask the operator
    STOP = 5  # end the task; no motion


@dataclass(frozen=True)
class ResponseParams:
    """Time limits: how long a fault lasts before the next level."""

    slow_scale: float = param(0.4, 'of full speed while SUSPECT', lo=0.05, hi=0.9)
    fail_patience: float = param(0.5, 's, of FAIL before BACK_OFF', lo=0.0, hi=5.0)
    doubt_grace: float = param(
        0.5, 's, without an accepted candidate before HOLD: the last chunk still plays',
        lo=0.0, hi=5.0,
    )  # fmt: skip
    doubt_patience: float = param(
        2.0, 's, without an accepted candidate before BACK_OFF', lo=0.0, hi=30.0
    )
    unknown_patience: float = param(3.0, 's, of UNKNOWN before ASK', lo=0.1, hi=30.0)
    lost_patience: float = param(10.0, 's, without a required node before ASK', lo=0.1, hi=120.0)
    blind_patience: float = param(
        30.0, 's, without a usable camera image before ASK', lo=0.5, hi=600.0
    )
    held_patience: float = param(
        5.0, 's, held by the shield in a row before BACK_OFF', lo=0.1, hi=60.0
    )
    fresh: float = param(1.0, 's, maximum age of verdicts and images', lo=0.1, hi=5.0)
    ask_timeout: float = param(
        60.0, 's, for the operator to answer; 0: there is no operator', lo=0.0, hi=3600.0
    )

    def __post_init__(self) -> None:
        check(self)
        if not self.doubt_grace <= self.doubt_patience:
            raise ValueError('doubt_grace must not exceed doubt_patience')


@dataclass(frozen=True)
class TaskConditions:
    """The state of a task at one moment, apart from the verdicts."""

    health: str = ''  # why not every node is healthy
    blind: str = ''  # why there is no usable camera image
    fatal: str = ''  # why no motion is possible any more: shield latched, disarmed, silent
    held: float = 0.0  # s, for which the shield has blocked all motion
    held_reason: str = ''
    overdue: str = ''  # why the attempt, or the planned move, has timed out
    problem: str = ''  # why the planned move cannot be finished
    is_attempt: bool = True  # False: a planned move, which has nothing to back off from
    is_last: bool = False  # no attempt is left


@dataclass(frozen=True)
class Reaction:
    """The level that is due, and why."""

    level: ResponseLevel
    reason: str = ''
    code: ResultCode = ResultCode.STOPPED  # of the task, when it ends for this reason
    may_pass: bool = False  # a node or the image is lost: the reason ends when it is back


NO_REACTION = Reaction(ResponseLevel.OK)


class GradedResponse:
    """Stores the verdicts of one attempt; `react` turns them and conditions into a reaction."""

    def __init__(self, params: ResponseParams) -> None:
        self.params = params
        self.begin(0.0)

    def begin(self, now: float) -> None:
        """Start an attempt: verdicts on the last one do not count."""
        self._began = now
        self._verdict, self._verdict_since = Verdict.OK, now
        self._verdict_stamp, self._verdict_reason = -1.0, ''
        self._doubt_since: float | None = None  # s, since when no candidate is accepted
        self._doubt_stamp, self._plan_step = -1.0, ''
        self._lost_since: float | None = None  # s, since when a node is lost
        self._blind_since: float | None = None  # s, since when there is no image

    def on_clock_jump(self, step: float) -> None:
        """Keep all durations when ROS time jumps by `step` s."""
        self._began += step
        self._verdict_since += step
        self._verdict_stamp += step if self._verdict_stamp >= 0.0 else 0.0
        self._doubt_stamp += step if self._doubt_stamp >= 0.0 else 0.0
        for name in ('_doubt_since', '_lost_since', '_blind_since'):
            since = getattr(self, name)
            setattr(self, name, None if since is None else since + step)

    def on_failure(self, verdict: Verdict, reason: str, stamp: float, now: float) -> None:
        """Store a verdict of the failure detector on an observation at `stamp` s."""
        if not stamp >= self._began or not stamp >= self._verdict_stamp:
            return
        if verdict != self._verdict:
            self._verdict_since = now
        self._verdict, self._verdict_stamp, self._verdict_reason = verdict, stamp, reason

    def on_alignment(self, has_chosen: bool, plan_step: str, stamp: float, now: float) -> None:
        """Store whether the verifier has accepted a candidate."""
        if not stamp >= self._began or not stamp >= self._doubt_stamp:
            return
        self._doubt_stamp, self._plan_step = stamp, plan_step
        if has_chosen:
            self._doubt_since = None
        elif self._doubt_since is None:
            self._doubt_since = now

    def react(self, conditions: TaskConditions, now: float) -> Reaction:
        """Return the reaction of the highest level."""
        if conditions.fatal:
            return Reaction(ResponseLevel.STOP, conditions.fatal)
        found = [
            self._of_health(conditions, now),
            self._of_camera(conditions, now),
            self._of_time(conditions),
        ]
        if not conditions.blind:
            found.append(self._of_shield(conditions))
        if conditions.is_attempt and not conditions.blind:
            found += [self._of_failure(now), self._of_alignment(now)]
        worst = max(found, key=lambda reaction: reaction.level)
        return self._escalated(worst, conditions)

    def _escalated(self, reaction: Reaction, conditions: TaskConditions) -> Reaction:
        """Return the reaction with the next level where its own is not possible."""
        level = reaction.level
        if level == ResponseLevel.BACK_OFF and (conditions.is_last or not conditions.is_attempt):
            level = ResponseLevel.ASK
        if level == ResponseLevel.ASK and not self.params.ask_timeout > 0.0:
            level = ResponseLevel.STOP
        return replace(reaction, level=level)

    def _of_health(self, conditions: TaskConditions, now: float) -> Reaction:
        if not conditions.health:
            self._lost_since = None
            return NO_REACTION
        self._lost_since = now if self._lost_since is None else self._lost_since
        is_long = now - self._lost_since >= self.params.lost_patience
        level = ResponseLevel.ASK if is_long else ResponseLevel.HOLD
        return Reaction(level, conditions.health, may_pass=True)

    def _of_camera(self, conditions: TaskConditions, now: float) -> Reaction:
        """HOLD without an image: backing off or a retry would be just as blind."""
        if not conditions.blind:
            self._blind_since = None
            return NO_REACTION
        self._verdict_since = now  # UNKNOWN without an image is no verdict on the attempt
        self._doubt_since = None
        self._blind_since = now if self._blind_since is None else self._blind_since
        is_long = now - self._blind_since >= self.params.blind_patience
        return Reaction(
            ResponseLevel.ASK if is_long else ResponseLevel.HOLD, conditions.blind, may_pass=True
        )

    def _of_shield(self, conditions: TaskConditions) -> Reaction:
        if conditions.health or not conditions.held >= self.params.held_patience:
            return NO_REACTION
        why = conditions.held_reason or 'no reason given'
        return Reaction(
            ResponseLevel.BACK_OFF, f'held by the shield for {conditions.held:.1f} s: {why}'
        )

    def _of_time(self, conditions: TaskConditions) -> Reaction:
        if conditions.problem:
            return Reaction(ResponseLevel.ASK, conditions.problem)
        return (
            Reaction(ResponseLevel.BACK_OFF, conditions.overdue, ResultCode.TIMEOUT)
            if conditions.overdue
            else NO_REACTION
        )

    def _of_failure(self, now: float) -> Reaction:
        p, lasted = self.params, now - self._verdict_since
        if self._verdict_stamp < 0.0 or not now - self._verdict_stamp <= p.fresh:
            return NO_REACTION  # silent: its vote expires, and the shield holds
        if self._verdict == Verdict.SUSPECT:
            return Reaction(
                ResponseLevel.SLOW, f'failure suspected: {self._verdict_reason}', ResultCode.FAILED
            )
        if self._verdict == Verdict.FAIL:
            level = ResponseLevel.BACK_OFF if lasted >= p.fail_patience else ResponseLevel.HOLD
            return Reaction(level, f'failure detected: {self._verdict_reason}', ResultCode.FAILED)
        if self._verdict == Verdict.UNKNOWN:
            level = ResponseLevel.ASK if lasted >= p.unknown_patience else ResponseLevel.HOLD
            return Reaction(level, f'failure detector undecided: {self._verdict_reason}')
        return NO_REACTION

    def _of_alignment(self, now: float) -> Reaction:
        if self._doubt_since is None or not now - self._doubt_stamp <= self.params.fresh:
            return NO_REACTION
        p, lasted = self.params, now - self._doubt_since
        if lasted < p.doubt_grace:
            return NO_REACTION
        step = f': {self._plan_step}' if self._plan_step else ''
        why = f'no candidate matches the instruction{step}'
        level = ResponseLevel.BACK_OFF if lasted >= p.doubt_patience else ResponseLevel.HOLD
        return Reaction(level, why, ResultCode.FAILED)
