"""Votes combined into one permission: the most restrictive vote wins, and a missing required vote
is HOLD."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from vla_core.records.safety import Level, SafetyVote
from vla_shield.params import ShieldParams


@dataclass(frozen=True)
class Permission:
    """The combined result of all votes."""

    level: Level
    scale: float  # [0, 1]
    reason: str = ''  # empty when the level is RUN at full speed
    rules: tuple[str, ...] = ()


@dataclass(frozen=True)
class _ReceivedVote:
    vote: SafetyVote
    received: float  # s
    fault: str  # empty when the vote is well formed
    is_unrestricted: bool  # RUN at full speed, as long as it is valid


MOST_VOTERS = 32  # from then on invalid votes are dropped
ALLOWED = Permission(Level.RUN, 1.0)


def fault_of(vote: SafetyVote) -> str:
    """Why a vote is malformed, or ''."""
    if not isfinite(vote.stamp):
        return 'stamp is not finite'
    if not 0.0 <= vote.speed_scale <= 1.0:
        return f'speed_scale is {vote.speed_scale}'
    if not 0.0 < vote.ttl < 3600.0:
        return f'ttl is {vote.ttl}'
    if vote.level not in tuple(Level):
        return f'level is {vote.level}'
    return ''


class Votes:
    """The newest vote of every voter. A vote never replaces one that is newer by stamp or by
    seq."""

    def __init__(self, params: ShieldParams) -> None:
        self._params = params
        self._required = frozenset(params.required_voters)
        self._received: dict[str, _ReceivedVote] = {}
        self._stops: dict[str, str] = {}  # voter → reason of its last STOP
        self._since: float | None = None  # s, when the votes began to allow motion

    def put(self, vote: SafetyVote, now: float) -> None:
        """Keep a vote unless it is outdated; STOP is kept regardless of order and of faults."""
        fault = fault_of(vote)
        if vote.level == Level.STOP:
            self._stops[vote.voter] = _describe(vote)
        before = self._received.get(vote.voter)
        if fault and vote.voter not in self._params.required_voters and before is None:
            return
        if (
            before is not None
            and not fault
            and not before.fault
            and self._is_outdated(vote, before, now)
        ):
            return
        if before is None and len(self._received) >= MOST_VOTERS:
            self._forget_invalid(now)
        is_unrestricted = not fault and vote.level == Level.RUN and vote.speed_scale >= 1.0
        self._received[vote.voter] = _ReceivedVote(vote, now, fault, is_unrestricted)

    def _forget_invalid(self, now: float) -> None:
        """Drop old votes of voters that are not required: they have no effect, and strangers may
        be many."""
        oldest = now - max(self._params.vote_timeout, 1.0)
        self._received = {
            voter: received
            for voter, received in self._received.items()
            if voter in self._required or received.received >= oldest
        }

    def _is_outdated(self, vote: SafetyVote, before: _ReceivedVote, now: float) -> bool:
        if before.vote.stamp - now > self._params.future_tolerance:
            return False  # it is from before a jump of the clock
        if vote.stamp <= before.vote.stamp:
            return True
        return vote.seq <= before.vote.seq and not self._invalidity(before, now)

    def clear(self) -> None:
        """Forget all votes, but not that there was a STOP."""
        self._received.clear()
        self._since = None

    def ages(self, now: float) -> dict[str, float]:
        """s since the stamp of each voter's last vote; infinite for a required voter without
        one."""
        names = dict.fromkeys((*self._params.required_voters, *self._received))
        return {
            f'vote:{name}': now - self._received[name].vote.stamp
            if name in self._received
            else float('inf')
            for name in names
        }

    def stop_reason(self) -> str:
        """The first STOP that `release` has not cleared, or ''."""
        return next((f'{voter}: {why}' for voter, why in self._stops.items()), '')

    def release(self, now: float) -> str:
        """Clear the STOPs whose voter no longer votes STOP; return one that remains, or ''."""
        for voter in list(self._stops):
            received = self._received.get(voter)
            remains = (
                received is not None
                and received.vote.level == Level.STOP
                and not self._invalidity(received, now)
            )
            if not remains:
                del self._stops[voter]
        return self.stop_reason()

    def _invalidity(self, received: _ReceivedVote, now: float) -> str:
        """Why the vote is not valid any more, or ''."""
        limit = min(received.vote.ttl, self._params.vote_timeout)
        age = max(now - received.vote.stamp, now - received.received)
        if received.fault:
            return received.fault
        if not received.vote.stamp - now <= self._params.future_tolerance:
            return 'is from the future'
        return '' if age <= limit else f'is {age:.2f} s old'

    def missing(self, now: float) -> str:
        """The first required voter without a valid vote, and why; '' when all are valid."""
        for voter in self._params.required_voters:
            received = self._received.get(voter)
            why = 'was never received' if received is None else self._invalidity(received, now)
            if why:
                return f'vote of {voter} {why}'
        return ''

    def permission(self, now: float, task_id: str) -> Permission:
        """The most restrictive of all valid votes; HOLD until they have allowed motion for the
        dwell time."""
        found = self._arbitrate(now, task_id)
        if found.level >= Level.HOLD:
            self._since = None
            return found
        if self._since is None:
            self._since = now
        if 0.0 <= now - self._since < self._params.dwell - 1e-9:
            return Permission(
                Level.HOLD, 0.0, 'votes allow motion again, dwell time running', ('votes:dwell',)
            )
        return found

    def _arbitrate(self, now: float, task_id: str) -> Permission:
        if self._stops:
            voter = next(iter(self._stops))
            return Permission(
                Level.STOP, 0.0, f'{voter}: {self._stops[voter]}', (f'vote:{voter}',)
            )
        if self._are_unrestricted(now, task_id):
            return ALLOWED
        why = self.missing(now)
        if why:
            return Permission(Level.HOLD, 0.0, why, ('votes:silence',))
        result = ALLOWED
        for received in self._received.values():
            result = _stricter(result, self._evaluate(received, now, task_id))
        return result

    def _are_unrestricted(self, now: float, task_id: str) -> bool:
        """True when all required votes are there and every vote is RUN at full speed: the usual
        case, decided quickly."""
        if not self._required <= self._received.keys():
            return False
        for received in self._received.values():
            other = received.vote.task_id if task_id else ''
            if (
                not received.is_unrestricted
                or other not in ('', task_id)
                or self._invalidity(received, now)
            ):
                return False
        return True

    def _evaluate(self, received: _ReceivedVote, now: float, task_id: str) -> Permission:
        vote = received.vote
        rules = (f'vote:{vote.voter}',)
        why = self._invalidity(received, now)
        if received.fault and now - received.received <= self._params.vote_timeout:
            return Permission(Level.HOLD, 0.0, f'vote of {vote.voter}: {why}', rules)
        if why:  # of a voter that is not required: ignored
            return ALLOWED
        if vote.task_id and task_id and vote.task_id != task_id:
            return Permission(Level.HOLD, 0.0, f'vote of {vote.voter} is for another task', rules)
        is_unrestricted = vote.level == Level.RUN and vote.speed_scale >= 1.0
        return Permission(
            Level(vote.level),
            vote.speed_scale,
            '' if is_unrestricted else _describe(vote),
            () if is_unrestricted else rules,
        )


def _stricter(a: Permission, b: Permission) -> Permission:
    worse = b if b.level > a.level or (b.level == a.level and b.scale < a.scale) else a
    return Permission(
        worse.level, min(a.scale, b.scale), worse.reason or a.reason or b.reason, a.rules + b.rules
    )


def _describe(vote: SafetyVote) -> str:
    return f'{vote.voter} votes {Level(vote.level).name}' + (
        f': {"; ".join(vote.reasons)}' if vote.reasons else ''
    )
