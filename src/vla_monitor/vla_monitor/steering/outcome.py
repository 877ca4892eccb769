"""Predicted outcome of a candidate: states of the tool, the fingers and the target object."""

from __future__ import annotations

from dataclasses import dataclass

from vla_core.frozen import Array


@dataclass(frozen=True)
class OutcomeMoment:
    """Predicted state at one time, by kinematics or by the twin."""

    tcp: Array  # (3,) m, base frame
    yaw: float  # rad, of the tool's x axis
    opening: float  # m
    target: Array  # (3,) m, base frame, centre of the target; the tcp without a target
    is_holding: bool
    is_done: bool = False  # the press has happened


@dataclass(frozen=True)
class CandidateOutcome:
    """Predicted outcome of one candidate."""

    moments: tuple[OutcomeMoment, ...]  # the present one first, in order of time
    faults: tuple[str, ...] = ()  # text of each fault
    event: float = -1.0  # s ahead, of the first grip or release; negative: none
    doubts: int = 0  # late faults, which a newer candidate may avoid
