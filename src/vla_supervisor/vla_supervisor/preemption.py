"""How a task is left before it is done: undone when the hand is in contact, else straight on
(ROLLBACK and ADVANCE of SwitchVLA, arXiv 2506.03574).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from vla_core.records.action import Contact, ControlState
from vla_core.records.task import Phase, TaskStatus
from vla_supervisor.params import ExecutiveParams


class AfterRelease(Enum):
    """What comes once the hand is free."""

    NEXT = 'next'  # the instruction that waits
    RETRY = 'retry'
    ASK = 'ask'
    CANCELLED = 'cancelled'  # hold


@dataclass(frozen=True)
class TaskRequest:
    """A task that waits for its turn."""

    task_id: str
    instruction: str
    seed: int


def release_phase(
    control: ControlState | None, after: AfterRelease, clear_height: float
) -> Phase | None:
    """The planned move that has to come first; None when the hand is free where it is."""
    if control is None:
        return None
    if control.contact != Contact.NONE:
        return Phase.ROLLBACK
    return retreat_phase(control, after, clear_height)


def retreat_phase(
    control: ControlState | None, after: AfterRelease, clear_height: float
) -> Phase | None:
    """RETREAT where a hand that touches nothing is still among things, or in the picture."""
    if control is None or after == AfterRelease.CANCELLED:
        return None
    is_low = not control.tcp[2] >= clear_height
    return Phase.RETREAT if is_low or after in (AfterRelease.RETRY, AfterRelease.ASK) else None


def has_arrived(control: ControlState | None, status: TaskStatus) -> bool:
    """True when control says that the move of this very phase and task is over."""
    if control is None or not control.move_done or not control.stamp > status.stamp:
        return False
    return control.phase == status.phase and control.task_id == status.task_id


def timeout_reason(status: TaskStatus, p: ExecutiveParams, elapsed: float, missing: str) -> str:
    """Why a phase that has lasted `elapsed` s has taken too long, or ''."""
    if status.phase == Phase.RUNNING:
        text = f'not done after {status.attempt} x {p.attempt_timeout:g} s'
        return f'{text}: {missing or "nothing seen"}' if elapsed >= p.attempt_timeout else ''
    limit = p.rollback_timeout if status.phase == Phase.ROLLBACK else p.move_timeout
    return f'{status.phase.name} took too long' if elapsed >= limit else ''
