"""How a running task is left: ROLLBACK when the gripper is in contact, RETREAT when the tool is
low, else at once (ROLLBACK and ADVANCE of SwitchVLA, arXiv 2506.03574).
"""

from __future__ import annotations

from enum import Enum

from vla_core.records.action import Contact, ControlState
from vla_core.records.task import Phase, TaskStatus


class AfterRelease(Enum):
    """What follows once the gripper is free of contact and clear of objects."""

    NEXT = 'next'  # the queued task
    RETRY = 'retry'
    ASK = 'ask'
    CANCELLED = 'cancelled'  # hold position


def release_phase(
    control: ControlState | None, after: AfterRelease, clear_height: float
) -> Phase | None:
    """Return the planned move that has to come first; None when none is needed."""
    if control is None:
        return None
    if control.contact != Contact.NONE:
        return Phase.ROLLBACK
    return retreat_phase(control, after, clear_height)


def retreat_phase(
    control: ControlState | None, after: AfterRelease, clear_height: float
) -> Phase | None:
    """Return RETREAT for a tool without contact that is below `clear_height` (m) or that occludes
    the camera in a retry; else None."""
    if control is None or after == AfterRelease.CANCELLED:
        return None
    is_low = not control.tcp[2] >= clear_height
    occludes = after in (AfterRelease.RETRY, AfterRelease.ASK)
    return Phase.RETREAT if is_low or occludes else None


def has_arrived(control: ControlState | None, status: TaskStatus) -> bool:
    """True when control reports the planned move of this phase and task as done."""
    if control is None or not control.move_done or not control.stamp > status.stamp:
        return False
    return control.phase == status.phase and control.task_id == status.task_id
