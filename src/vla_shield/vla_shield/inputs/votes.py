"""Votes into one permission: the least permissive counts, silence of a required voter is HOLD."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from vla_core.records.safety import Level, SafetyVote
from vla_shield.params import ShieldParams


@dataclass(frozen=True)
class Permission:
    """What the votes allow together."""

    level: Level
    scale: float  # [0, 1]
    reason: str = ''  # empty when the level is RUN at full speed
    rules: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Heard:
    vote: SafetyVote
    received: float  # s
    fault: str  # empty when the vote is well formed
    is_free: bool  # it stands against nothing while it counts


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
        self._heard: dict[str, _Heard] = {}
        self._stopped: dict[str, str] = {}  # voter → reason of its last STOP
        self._since: float | None = None  # s, when the votes began to allow motion

    def put(self, vote: SafetyVote, now: float) -> None:
        """Keep a vote unless it is old news; STOP is kept whatever its order."""
        fault = fault_of(vote)
        if not fault and vote.level == Level.STOP:
            self._stopped[vote.voter] = _words(vote)
        before = self._heard.get(vote.voter)
        if fault and vote.voter not in self._params.required_voters and before is None:
            return
        if (
            before is not None
            and not fault
            and not before.fault
            and self._is_old(vote, before, now)
        ):
            return
        is_free = not fault and vote.level == Level.RUN and vote.speed_scale >= 1.0
        self._heard[vote.voter] = _Heard(vote, now, fault, is_free)

    def _is_old(self, vote: SafetyVote, before: _Heard, now: float) -> bool:
        if vote.stamp <= before.vote.stamp:
            return True
        return vote.seq <= before.vote.seq and not self._expiry(before, now)

    def clear(self) -> None:
        """Forget all votes, but not that there was a STOP."""
        self._heard.clear()
        self._since = None

    def ages(self, now: float) -> dict[str, float]:
        """s since the stamp of each voter's last vote; infinite for a required voter never
        heard."""
        names = dict.fromkeys((*self._params.required_voters, *self._heard))
        return {
            f'vote:{name}': now - self._heard[name].vote.stamp
            if name in self._heard
            else float('inf')
            for name in names
        }

    def stop_reason(self) -> str:
        """The STOP that has not been taken back by `release`, or ''."""
        return next((f'{voter}: {why}' for voter, why in self._stopped.items()), '')

    def release(self, now: float) -> str:
        """Take back the STOPs whose voter no longer says so; return what still stands, or ''."""
        for voter in list(self._stopped):
            heard = self._heard.get(voter)
            still = (
                heard is not None
                and heard.vote.level == Level.STOP
                and not self._expiry(heard, now)
            )
            if not still:
                del self._stopped[voter]
        return self.stop_reason()

    def _expiry(self, heard: _Heard, now: float) -> str:
        """Why the vote does not count any more, or ''."""
        limit = min(heard.vote.ttl, self._params.vote_timeout)
        age = max(now - heard.vote.stamp, now - heard.received)
        if heard.fault:
            return heard.fault
        if not heard.vote.stamp - now <= self._params.future_tolerance:
            return 'is from the future'
        return '' if age <= limit else f'is {age:.2f} s old'

    def missing(self, now: float) -> str:
        """The first required voter without a vote that counts, and why; '' when all are there."""
        for voter in self._params.required_voters:
            heard = self._heard.get(voter)
            why = 'was never heard' if heard is None else self._expiry(heard, now)
            if why:
                return f'vote of {voter} {why}'
        return ''

    def permission(self, now: float, task_id: str) -> Permission:
        """The least permissive of all votes that count; HOLD until they have allowed motion for
        the dwell."""
        found = self._arbitrate(now, task_id)
        if found.level >= Level.HOLD:
            self._since = None
            return found
        if self._since is None:
            self._since = now
        if 0.0 <= now - self._since < self._params.dwell - 1e-9:
            return Permission(
                Level.HOLD, 0.0, 'votes allow motion again, dwelling', ('votes:dwell',)
            )
        return found

    def _arbitrate(self, now: float, task_id: str) -> Permission:
        if self._stopped:
            voter = next(iter(self._stopped))
            return Permission(
                Level.STOP, 0.0, f'{voter}: {self._stopped[voter]}', (f'vote:{voter}',)
            )
        if self._are_free(now, task_id):
            return ALLOWED
        why = self.missing(now)
        if why:
            return Permission(Level.HOLD, 0.0, why, ('votes:silence',))
        result = ALLOWED
        for heard in self._heard.values():
            result = _tighter(result, self._judge(heard, now, task_id))
        return result

    def _are_free(self, now: float, task_id: str) -> bool:
        """True when everyone required, and whoever else spoke, allows all: as it mostly is."""
        if not self._required <= self._heard.keys():
            return False
        for heard in self._heard.values():
            other = heard.vote.task_id if task_id else ''
            if not heard.is_free or other not in ('', task_id) or self._expiry(heard, now):
                return False
        return True

    def _judge(self, heard: _Heard, now: float, task_id: str) -> Permission:
        vote = heard.vote
        rules = (f'vote:{vote.voter}',)
        why = self._expiry(heard, now)
        if heard.fault and now - heard.received <= self._params.vote_timeout:
            return Permission(Level.HOLD, 0.0, f'vote of {vote.voter}: {why}', rules)
        if why:  # of a voter that is not required: as if it had not spoken
            return ALLOWED
        if vote.task_id and task_id and vote.task_id != task_id:
            return Permission(Level.HOLD, 0.0, f'vote of {vote.voter} is for another task', rules)
        is_free = vote.level == Level.RUN and vote.speed_scale >= 1.0
        return Permission(
            Level(vote.level),
            vote.speed_scale,
            '' if is_free else _words(vote),
            () if is_free else rules,
        )


def _tighter(a: Permission, b: Permission) -> Permission:
    worse = b if b.level > a.level or (b.level == a.level and b.scale < a.scale) else a
    return Permission(
        worse.level, min(a.scale, b.scale), worse.reason or a.reason or b.reason, a.rules + b.rules
    )


def _words(vote: SafetyVote) -> str:
    return f'{vote.voter} says {Level(vote.level).name}' + (
        f': {"; ".join(vote.reasons)}' if vote.reasons else ''
    )
