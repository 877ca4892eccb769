"""Scores what a candidate leads to against what was to be done."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_monitor.steering.cost import left_to_do
from vla_monitor.steering.goal import StepGoal
from vla_monitor.steering.outcome import CandidateOutcome
from vla_monitor.steering.params import CandidateScoreParams

FAULTY = 0.25  # of the score that is left with a fault


@dataclass(frozen=True)
class Score:
    """Of one candidate; `reason` says what speaks against it."""

    value: float  # [0, 1]
    reason: str = ''
    event: float = -1.0  # s ahead, of its first grip or release; negative: none

    @property
    def is_faulty(self) -> bool:
        return bool(self.reason)


def judge(
    outcome: CandidateOutcome, purpose: StepGoal, change: float, p: CandidateScoreParams
) -> Score:
    """Return the score: progress of the near future and of all of it weigh the same.

    `change` is the share of the motion that the shield would take away.
    """
    moments = outcome.moments
    looked_at = (moments[0], moments[len(moments) // 2], moments[-1])
    first, half, last = (left_to_do(moment, purpose) for moment in looked_at)
    progress = first - 0.5 * (half + last)
    if not np.isfinite(progress):
        return Score(0.0, 'its outcome is not finite', outcome.event)
    value = p.neutral + progress * (1.0 - change) / p.scale - p.doubt * outcome.doubts
    value = min(max(value, 0.0), 1.0)
    if outcome.faults:
        return Score(FAULTY * value, ', '.join(outcome.faults), outcome.event)
    reason = '' if value >= p.accept else f'makes {progress * 1e2:.0f} cm of progress'
    return Score(value, reason, outcome.event)
