"""What the last picture says about going on, so that it can be voted on while the next is read."""

from __future__ import annotations

from dataclasses import dataclass

from vla_core.records.safety import Level, SafetyVote
from vla_core.records.task import Phase
from vla_perception.params import GrounderParams

VOTER = 'grounding'


@dataclass(frozen=True)
class GroundingVote:
    """All that a vote needs but the time; under another task or phase it means nothing."""

    stamp: float  # s, ROS time, of the picture
    trouble: str  # why it cannot be used
    objection: str  # what in it holds the task
    task_id: str
    phase: Phase

    def vote(self, now: float, seq: int, params: GrounderParams) -> SafetyVote:
        """Return RUN when sensing is healthy and a running task's target is there; else HOLD."""
        age = now - self.stamp
        if self.trouble:
            reason = self.trouble
        elif not 0.0 <= age <= params.max_age:
            reason = f'the picture is {age:.2f} s old'
        else:
            reason = self.objection
        return SafetyVote(
            stamp=now,
            voter=VOTER,
            seq=seq,
            level=Level.HOLD if reason else Level.RUN,
            speed_scale=0.0 if reason else 1.0,
            ttl=params.vote_ttl,
            task_id=self.task_id,
            reasons=(reason,) if reason else (),
        )
