"""A moment of what a candidate leads to: tool, fingers and the thing that the step is about."""

from __future__ import annotations

from dataclasses import dataclass

from vla_core.frozen import Array


@dataclass(frozen=True)
class OutcomeMoment:
    """As predicted, by kinematics alone or by the twin."""

    tcp: Array  # (3,) m, base_link
    yaw: float  # rad, of the tool's x axis
    opening: float  # m
    thing: Array  # (3,) m, base_link, centre of the thing; the tool's own when there is none
    is_holding: bool
    is_done: bool = False  # what the step is for has happened: a press


@dataclass(frozen=True)
class CandidateOutcome:
    """What a candidate leads to."""

    moments: tuple[OutcomeMoment, ...]  # the present one first, then as time goes
    faults: tuple[str, ...] = ()  # what must not happen, in words
    event: float = -1.0  # s ahead, of the first grip or release; negative: none
    doubts: int = 0  # faults so late that a newer candidate may still mend them
