"""A control of the trust chain: a robot that is never permitted to move."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from vla_core.records.safety import Level, SafetyVote
from vla_lockstep.episode_plan import Setup

VOTER = 'always_hold'
TTL = 0.3  # s
TRY = 10.0  # s, of the one attempt, which cannot succeed


class AlwaysHold:
    """A monitor whose vote is HOLD at all times."""

    def __init__(self) -> None:
        self._seq = 0

    def observe(self, topic: str, record: Any, now: float) -> None:
        """Needs no input."""

    def vote(self, now: float) -> SafetyVote:
        self._seq += 1
        return SafetyVote(now, VOTER, self._seq, Level.HOLD, 0.0, TTL, reasons=('control',))


def always_held(setup: Setup) -> Setup:
    """The set-up with AlwaysHold among the required voters, and a single short attempt."""
    voters = (*setup.shield.required_voters, VOTER)
    terms = replace(
        setup.supervisor, attempts=1, attempt_timeout=TRY, move_timeout=TRY, rollback_timeout=TRY
    )
    return replace(
        setup,
        shield=replace(setup.shield, required_voters=voters),
        supervisor=terms,
        monitors=(AlwaysHold,),
    )
