"""Scoring of a predicted outcome against the goal of the plan step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_monitor.steering.cost import left_to_do
from vla_monitor.steering.goal import StepGoal
from vla_monitor.steering.outcome import CandidateOutcome
from vla_monitor.steering.params import CandidateScoreParams

FAULTY = 0.25  # factor on the score of a candidate with a fault


@dataclass(frozen=True)
class Score:
    """Score of one candidate; `reason` names its fault."""

    value: float  # [0, 1]
    reason: str = ''
    event: float = -1.0  # s ahead, of its first grip or release; negative: none

    @property
    def is_faulty(self) -> bool:
        return bool(self.reason)


def judge(
    outcome: CandidateOutcome, purpose: StepGoal, change: float, p: CandidateScoreParams
) -> Score:
    """Return the score; progress at half and at the end of the chunk have equal weight.

    `change` is the share of the motion that the shield would remove.
    """
    moments = outcome.moments
    sampled = (moments[0], moments[len(moments) // 2], moments[-1])
    first, half, last = (left_to_do(moment, purpose) for moment in sampled)
    progress = first - 0.5 * (half + last)
    if not np.isfinite(progress):
        return Score(0.0, 'its predicted outcome is not finite', outcome.event)
    value = p.neutral + progress * (1.0 - change) / p.scale - p.doubt * outcome.doubts
    value = min(max(value, 0.0), 1.0)
    if outcome.faults:
        return Score(FAULTY * value, ', '.join(outcome.faults), outcome.event)
    reason = '' if value >= p.accept else f'predicted progress is only {progress * 1e2:.0f} cm'
    return Score(value, reason, outcome.event)
