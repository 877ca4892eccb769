"""Verdict of the verifier on candidates, and corrections by a person."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from vla_core.frozen import Array, freeze_fields

NONE = -1  # no candidate is acceptable
MAX_CORRECTION_TTL = 3.0  # s


class Priority(IntEnum):
    """Weight of a correction (values of Correction.msg)."""

    HINT = 0  # one cost among others
    OVERRIDE = 1  # replaces the motion of the policy


@dataclass(frozen=True)
class AlignmentVerdict:
    """Scores and choice of the verifier for the candidates of one inference."""

    stamp: float  # s, ROS time of the observation behind the candidates
    task_id: str
    seq: int  # of the candidates
    plan_step: str  # that the candidates are scored against
    chosen: int  # index of the candidate; NONE: none is acceptable, hold and ask a person
    scores: Array  # (candidates,) dimensionless, larger is better
    verifier: str  # the deciding stage and reason: 'stage A: reason', 'stage B: reason'
    budget: float  # s, time allowed
    used: float  # s, time taken
    timed_out: bool = False  # the budget was exceeded

    def __post_init__(self) -> None:
        freeze_fields(self, 'scores')

    @property
    def has_chosen(self) -> bool:
        return self.chosen != NONE


@dataclass(frozen=True)
class Correction:
    """A person's correction of the motion, valid for `ttl` seconds from `stamp`."""

    stamp: float  # s, ROS time at which it was given
    operator_id: str
    task_id: str  # task it applies to; '' means the running one
    language_motion: str  # e.g. 'move arm left', in the base frame
    ttl: float  # s, at most LONGEST_CORRECTION
    priority: Priority = Priority.OVERRIDE
