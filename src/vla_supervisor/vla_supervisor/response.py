"""How far to go when something is wrong: a ladder from slower to the end of the task.

OK, SLOW, HOLD, BACK_OFF (end the try, go to the last safe state, try again with another seed), ASK
a person, STOP. Every rung has its reason and its patience, and is left when the reason is gone.
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
    HOLD = 2  # stand still and see whether it passes
    BACK_OFF = 3  # end this try; back to the last safe state, then try again
    ASK = 4
    STOP = 5  # end the task; nothing moves


@dataclass(frozen=True)
class ResponseParams:
    """How long each rung may take before the next."""

    slow_scale: float = param(0.4, 'of full speed while SUSPECT', lo=0.05, hi=0.9)
    fail_patience: float = param(0.5, 's, of FAIL before backing off', lo=0.0, hi=5.0)
    doubt_grace: float = param(
        0.5, 's, without a good candidate before holding: the last one still plays', lo=0.0, hi=5.0
    )
    doubt_patience: float = param(
        2.0, 's, in which no candidate was good enough, before backing off', lo=0.0, hi=30.0
    )
    unknown_patience: float = param(
        3.0, 's, in which the failure detector cannot tell, before asking', lo=0.1, hi=30.0
    )
    lost_patience: float = param(10.0, 's, without a node, before asking', lo=0.1, hi=120.0)
    blind_patience: float = param(
        30.0, 's, without a usable picture, before asking', lo=0.5, hi=600.0
    )
    held_patience: float = param(
        5.0, 's, held by the shield in a row, before backing off', lo=0.1, hi=60.0
    )
    fresh: float = param(1.0, 's, older verdicts do not count', lo=0.1, hi=5.0)
    ask_timeout: float = param(
        60.0, 's, for a person to answer; 0: nobody is there to ask', lo=0.0, hi=3600.0
    )

    def __post_init__(self) -> None:
        check(self)
        if not self.doubt_grace <= self.doubt_patience:
            raise ValueError('doubt_grace must not exceed doubt_patience')


@dataclass(frozen=True)
class TaskConditions:
    """What is known at one moment of a task, besides the verdicts."""

    health: str = ''  # why not all nodes are well
    blind: str = ''  # why there is no picture that can be used
    fatal: str = ''  # why nothing can move from here on: the shield is latched, disarmed, silent
    held: float = 0.0  # s, for which the shield has let nothing through
    held_why: str = ''  # its reason
    overdue: str = ''  # why the try, or the planned move, has taken too long
    problem: str = ''  # why the planned move cannot be finished
    is_trying: bool = True  # False: a planned move, from which there is nothing to back off
    is_last: bool = False  # the tries are used up


@dataclass(frozen=True)
class Reaction:
    """The rung that is due, and why."""

    rung: ResponseLevel
    reason: str = ''
    code: ResultCode = ResultCode.STOPPED  # of the task, when it ends for this
    may_pass: bool = False  # a node or the picture is lost: over when it is back


NO_REACTION = Reaction(ResponseLevel.OK)


class GradedResponse:
    """Remembers the verdicts of one try; `judge` turns them and the facts into a reaction."""

    def __init__(self, params: ResponseParams) -> None:
        self.params = params
        self.begin(0.0)

    def begin(self, now: float) -> None:
        """A try begins: nothing that was said of the last one counts."""
        self._began = now
        self._verdict, self._verdict_since = Verdict.OK, now
        self._verdict_stamp, self._words = -1.0, ''
        self._doubt_since: float | None = None  # s, since when no candidate is good enough
        self._doubt_stamp, self._step = -1.0, ''
        self._lost_since: float | None = None  # s, since when a node is lost
        self._blind_since: float | None = None  # s, since when there is no picture

    def on_failure(self, verdict: Verdict, words: str, stamp: float, now: float) -> None:
        """The failure detector has spoken of an observation at `stamp` s."""
        if not stamp >= self._began or not stamp >= self._verdict_stamp:
            return
        if verdict != self._verdict:
            self._verdict_since = now
        self._verdict, self._verdict_stamp, self._words = verdict, stamp, words

    def on_alignment(self, has_chosen: bool, step: str, stamp: float, now: float) -> None:
        """The verifier has chosen a candidate, or none of them."""
        if not stamp >= self._began or not stamp >= self._doubt_stamp:
            return
        self._doubt_stamp, self._step = stamp, step
        if has_chosen:
            self._doubt_since = None
        elif self._doubt_since is None:
            self._doubt_since = now

    def judge(self, facts: TaskConditions, now: float) -> Reaction:
        """The highest rung that anything asks for."""
        if facts.fatal:
            return Reaction(ResponseLevel.STOP, facts.fatal)
        found = [self._of_health(facts, now), self._of_sight(facts, now), self._of_time(facts)]
        if not facts.blind:
            found.append(self._of_shield(facts))
        if facts.is_trying and not facts.blind:
            found += [self._of_failure(now), self._of_alignment(now)]
        worst = max(found, key=lambda reaction: reaction.rung)
        return self._possible(worst, facts)

    def _possible(self, reaction: Reaction, facts: TaskConditions) -> Reaction:
        """The next rung where this one is used up."""
        rung = reaction.rung
        if rung == ResponseLevel.BACK_OFF and (facts.is_last or not facts.is_trying):
            rung = ResponseLevel.ASK
        if rung == ResponseLevel.ASK and not self.params.ask_timeout > 0.0:
            rung = ResponseLevel.STOP
        return replace(reaction, rung=rung)

    def _of_health(self, facts: TaskConditions, now: float) -> Reaction:
        if not facts.health:
            self._lost_since = None
            return NO_REACTION
        self._lost_since = now if self._lost_since is None else self._lost_since
        is_long = now - self._lost_since >= self.params.lost_patience
        rung = ResponseLevel.ASK if is_long else ResponseLevel.HOLD
        return Reaction(rung, facts.health, may_pass=True)

    def _of_sight(self, facts: TaskConditions, now: float) -> Reaction:
        """A covered camera is waited for: to go back or to try again would be as blind."""
        if not facts.blind:
            self._blind_since = None
            return NO_REACTION
        self._verdict_since = now  # what the blind cannot tell says nothing about the try
        self._doubt_since = None
        self._blind_since = now if self._blind_since is None else self._blind_since
        is_long = now - self._blind_since >= self.params.blind_patience
        return Reaction(
            ResponseLevel.ASK if is_long else ResponseLevel.HOLD, facts.blind, may_pass=True
        )

    def _of_shield(self, facts: TaskConditions) -> Reaction:
        if facts.health or not facts.held >= self.params.held_patience:
            return NO_REACTION
        why = facts.held_why or 'it gives no reason'
        return Reaction(
            ResponseLevel.BACK_OFF, f'held by the shield for {facts.held:.1f} s: {why}'
        )

    def _of_time(self, facts: TaskConditions) -> Reaction:
        if facts.problem:
            return Reaction(ResponseLevel.ASK, facts.problem)
        return (
            Reaction(ResponseLevel.BACK_OFF, facts.overdue, ResultCode.TIMEOUT)
            if facts.overdue
            else NO_REACTION
        )

    def _of_failure(self, now: float) -> Reaction:
        p, lasted = self.params, now - self._verdict_since
        if self._verdict_stamp < 0.0 or not now - self._verdict_stamp <= p.fresh:
            return NO_REACTION  # silent: its vote runs out, and the shield holds
        if self._verdict == Verdict.SUSPECT:
            return Reaction(ResponseLevel.SLOW, f'it may fail: {self._words}', ResultCode.FAILED)
        if self._verdict == Verdict.FAIL:
            rung = ResponseLevel.BACK_OFF if lasted >= p.fail_patience else ResponseLevel.HOLD
            return Reaction(rung, f'it is failing: {self._words}', ResultCode.FAILED)
        if self._verdict == Verdict.UNKNOWN:
            rung = ResponseLevel.ASK if lasted >= p.unknown_patience else ResponseLevel.HOLD
            return Reaction(rung, f'the failure detector cannot tell: {self._words}')
        return NO_REACTION

    def _of_alignment(self, now: float) -> Reaction:
        if self._doubt_since is None or not now - self._doubt_stamp <= self.params.fresh:
            return NO_REACTION
        p, lasted = self.params, now - self._doubt_since
        if lasted < p.doubt_grace:
            return NO_REACTION
        why = f'no candidate does what was said{f": {self._step}" if self._step else ""}'
        rung = ResponseLevel.BACK_OFF if lasted >= p.doubt_patience else ResponseLevel.HOLD
        return Reaction(rung, why, ResultCode.FAILED)
