"""Which candidate does what was said, and what a person says instead."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from vla_core.frozen import Array, freeze_fields

NONE = -1  # no candidate is good enough
MAX_CORRECTION_TTL = 3.0  # s


class Priority(IntEnum):
    """How much a correction weighs (values are those of Correction.msg)."""

    HINT = 0  # weigh it
    OVERRIDE = 1  # do it


@dataclass(frozen=True)
class AlignmentVerdict:
    """What the verifier made of the candidates of one inference."""

    stamp: float  # s, ROS time of the observation behind the candidates
    task_id: str
    seq: int  # of the candidates
    plan_step: str  # what was to be done
    chosen: int  # index of the candidate; NONE: none is good enough, hold and ask
    scores: Array  # (candidates,) no unit, larger is better
    verifier: str  # what judged: 'stage A: why', 'stage B: why'
    budget: float  # s allowed
    used: float  # s taken
    timed_out: bool = False  # the budget ran out first

    def __post_init__(self) -> None:
        freeze_fields(self, 'scores')

    @property
    def has_chosen(self) -> bool:
        return self.chosen != NONE


@dataclass(frozen=True)
class Correction:
    """A person says how the motion should be; it holds for `ttl` seconds from `stamp`."""

    stamp: float  # s, ROS time at which it was said
    operator_id: str
    task_id: str  # task it is about; '' means the one that runs
    language_motion: str  # e.g. 'move arm left', in base_link
    ttl: float  # s, at most LONGEST_CORRECTION
    priority: Priority = Priority.OVERRIDE
