"""Operator corrections: a language motion that replaces the policy's chunk for its time to live.

After RT-H (Belkhale et al. 2024, section III-C): the phrase replaces the policy's own language
motion; phrase and executed motion form a training pair.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vla_core.frozen import Array
from vla_core.language_motion import LanguageMotion, parse_motion, render
from vla_core.records.action import EE_NAMES, ActionChunk, Space
from vla_core.records.alignment import MAX_CORRECTION_TTL, Correction, Priority
from vla_core.robot.gripper import GripperConfig
from vla_monitor.steering.params import VerifierParams

FUTURE = 0.1  # s, stamps further in the future are refused


@dataclass(frozen=True)
class SpokenCorrection:
    """A parsed, active correction."""

    motion: LanguageMotion
    until: float  # s, ROS time
    is_hint: bool

    @property
    def text(self) -> str:
        """The motion as text of the language-motion vocabulary."""
        return render(self.motion.signs)


class Corrections:
    """Holds the newest correction."""

    def __init__(self, params: VerifierParams, gripper: GripperConfig) -> None:
        self._params, self._gripper = params, gripper
        self._active: SpokenCorrection | None = None

    def clear(self) -> None:
        """Discard the correction: a new attempt begins."""
        self._active = None

    def put(self, correction: Correction, task_id: str, now: float) -> str:
        """Store a correction; return why it was refused, or ''."""
        if correction.task_id not in ('', task_id):
            return f'it is for task {correction.task_id!r}, not {task_id!r}'
        if not -FUTURE <= now - correction.stamp <= correction.ttl:
            age = now - correction.stamp
            return f'its age of {age:.1f} s is not within its ttl of {correction.ttl} s'
        if not 0.0 < correction.ttl <= MAX_CORRECTION_TTL:
            return f'its ttl is {correction.ttl} s, must be in (0, {MAX_CORRECTION_TTL}] s'
        try:
            motion = parse_motion(correction.language_motion)
        except ValueError as error:
            return str(error)
        until = correction.stamp + correction.ttl
        self._active = SpokenCorrection(motion, until, correction.priority == Priority.HINT)
        return ''

    def at(self, now: float) -> SpokenCorrection | None:
        """Return the correction that is active at ROS time `now`."""
        return self._active if self._active and now < self._active.until else None

    def chunk(
        self, correction: SpokenCorrection, proposed: ActionChunk, commanded: float
    ) -> ActionChunk:
        """Return the corrected motion in place of `proposed`; `commanded` m is the opening kept.

        Rows after the end of the correction hold the last position.
        """
        p, names = self._params, EE_NAMES
        times = proposed.start - proposed.stamp + np.arange(proposed.horizon) * proposed.step
        times = np.clip(times, 0.0, max(correction.until - proposed.stamp, 0.0))
        speed = np.zeros(6)
        speed[:3] = p.correction_speed * correction.motion.direction(names[:3])
        speed[3:] = p.correction_turn * correction.motion.direction(names[3:6])
        values = np.column_stack([np.outer(times, speed), np.full(len(times), commanded)])
        grip = correction.motion.signs.get('gripper', 0)
        if grip:
            opened = grip > 0
            values[:, 6] = self._gripper.open_width if opened else self._gripper.closed_width
        return replace(
            proposed, space=Space.EE_DELTA, names=names, values=values,
            language_motion=correction.text,
        )  # fmt: skip


def agreement(correction: SpokenCorrection, travel: Array) -> float:
    """[-1, 1]: cosine between the correction and a tool displacement `travel` (3,) m."""
    length = float(np.linalg.norm(travel))
    direction = correction.motion.direction(EE_NAMES[:3])
    return float(direction @ travel) / length if length > 1e-3 else 0.0
