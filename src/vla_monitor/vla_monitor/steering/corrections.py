"""What a person says instead: a phrase becomes a chunk for as long as it holds.

After RT-H (Belkhale et al. 2024, section III-C): the phrase takes the place of the language motion
that the policy had in mind; what is executed with it is the pair to learn from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vla_core.frozen import Array
from vla_core.language_motion import LanguageMotion, parse_motion, render
from vla_core.records.action import EE_NAMES, ActionChunk, Space
from vla_core.records.alignment import MAX_CORRECTION_TTL, Correction, Priority
from vla_core.robot.config import GripperConfig
from vla_monitor.steering.params import VerifierParams

FUTURE = 0.1  # s, a stamp further ahead is not believed


@dataclass(frozen=True)
class SpokenCorrection:
    """A correction that holds, understood."""

    motion: LanguageMotion
    until: float  # s, ROS time
    is_hint: bool

    @property
    def words(self) -> str:
        """The motion in the words of the vocabulary."""
        return render(self.motion.signs)


class Corrections:
    """The newest correction; a newer one replaces it."""

    def __init__(self, params: VerifierParams, gripper: GripperConfig) -> None:
        self._params, self._gripper = params, gripper
        self._said: SpokenCorrection | None = None

    def clear(self) -> None:
        """Another attempt begins: what was said before is not meant any more."""
        self._said = None

    def put(self, correction: Correction, task_id: str, now: float) -> str:
        """Take a correction; return why not, or ''."""
        if correction.task_id not in ('', task_id):
            return f'it is about task {correction.task_id!r}, not {task_id!r}'
        if not -FUTURE <= now - correction.stamp <= correction.ttl:
            return f'it was said {now - correction.stamp:.1f} s ago'
        if not 0.0 < correction.ttl <= MAX_CORRECTION_TTL:
            return f'its time to live is {correction.ttl} s, at most {MAX_CORRECTION_TTL} s'
        try:
            motion = parse_motion(correction.language_motion)
        except ValueError as error:
            return str(error)
        until = correction.stamp + correction.ttl
        self._said = SpokenCorrection(motion, until, correction.priority == Priority.HINT)
        return ''

    def at(self, now: float) -> SpokenCorrection | None:
        """Return what holds at ROS time `now`."""
        return self._said if self._said and now < self._said.until else None

    def chunk(self, said: SpokenCorrection, proposed: ActionChunk, asked: float) -> ActionChunk:
        """Return the motion in the place of `proposed`; `asked` m is the opening it goes on with.

        It ends when the correction does: rows after that stay where it ended.
        """
        p, names = self._params, EE_NAMES
        times = proposed.start - proposed.stamp + np.arange(proposed.horizon) * proposed.step
        times = np.clip(times, 0.0, max(said.until - proposed.stamp, 0.0))
        speed = np.zeros(6)
        speed[:3] = p.correction_speed * said.motion.direction(names[:3])
        speed[3:] = p.correction_turn * said.motion.direction(names[3:6])
        values = np.column_stack([np.outer(times, speed), np.full(len(times), asked)])
        grip = said.motion.signs.get('gripper', 0)
        if grip:
            opened = grip > 0
            values[:, 6] = self._gripper.open_width if opened else self._gripper.closed_width
        return replace(
            proposed, space=Space.EE_DELTA, names=names, values=values,
            language_motion=said.words,
        )  # fmt: skip


def agreement(said: SpokenCorrection, travel: Array) -> float:
    """[-1, 1]: how much a candidate that moves the tool by `travel` (3,) m does what was said."""
    length = float(np.linalg.norm(travel))
    way = said.motion.direction(EE_NAMES[:3])
    return float(way @ travel) / length if length > 1e-3 else 0.0
