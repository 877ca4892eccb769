"""Verdicts on candidates, and corrections by people."""

from __future__ import annotations

from functools import cache

from vla_core.frozen import Array
from vla_core.records.alignment import MAX_CORRECTION_TTL, NONE, AlignmentVerdict, Correction
from vla_interfaces import msg
from vla_ros.convert.fields import BASE, BadMessage
from vla_ros.convert.table import ARRAY, MessageCheck, MessageTable, framed, limited, stamp


def _choice_exists(chosen: int, scores: Array) -> None:
    if not NONE <= chosen < len(scores):
        raise BadMessage(f'chosen is {chosen}, there are {len(scores)} candidates')


VERDICT = MessageTable(
    AlignmentVerdict, msg.AlignmentVerdict, MessageCheck(_choice_exists, ('chosen', 'scores')),
    stamp=stamp(), scores=ARRAY, budget=limited(0.0), used=limited(0.0),
)  # fmt: skip


def _names_a_motion(language_motion: str) -> None:
    if not language_motion.strip():
        raise BadMessage('language_motion is empty')


@cache
def correction_table(frame: str) -> MessageTable[Correction]:
    """Corrections for a robot with this base frame."""
    return MessageTable(
        Correction, msg.Correction,
        framed(frame), MessageCheck(_names_a_motion, ('language_motion',)),
        stamp=stamp(frame), ttl=limited(0.0, MAX_CORRECTION_TTL),
    )  # fmt: skip


CORRECTION = correction_table(BASE)
