"""Safety vote of the last image; it can be repeated while the next image is processed."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from vla_core.records.safety import Level, SafetyVote
from vla_core.records.task import Phase
from vla_perception.params import GrounderParams

VOTER = 'grounding'


@dataclass(frozen=True)
class GroundingVote:
    """A vote without its time; valid for its task and phase only."""

    stamp: float  # s, ROS time, of the image
    trouble: str  # why the image cannot be used, '' when it can
    hold_reason: str  # why the task must hold, '' when it need not
    task_id: str
    phase: Phase

    def vote(self, now: float, seq: int, params: GrounderParams, cause: str = '') -> SafetyVote:
        """Return RUN when sensing is healthy and a running task's target is there; else HOLD.

        `cause`: why there is no newer image, where it is known.
        """
        age = now - self.stamp
        if not isfinite(self.stamp):
            reason = cause or self.trouble or 'no image received yet'
        elif self.trouble:
            reason = self.trouble
        elif age < 0.0:
            reason = (
                f'the image is stamped {-age:.2f} s in the future: synchronise the clocks of '
                f'camera and computer'
            )
        elif not age <= params.max_age:
            reason = '; '.join(filter(None, (f'the image is {age:.2f} s old', cause)))
        else:
            reason = self.hold_reason
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
