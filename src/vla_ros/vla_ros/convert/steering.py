"""Verdicts on candidates, and corrections by people."""

from __future__ import annotations

from vla_core.records.alignment import MAX_CORRECTION_TTL, NONE, AlignmentVerdict, Correction
from vla_interfaces import msg
from vla_ros.convert.fields import BASE, BadMessage
from vla_ros.convert.table import ARRAY, MessageTable, in_base, limited, stamp


def _choice_exists(message: msg.AlignmentVerdict) -> None:
    if not NONE <= message.chosen < len(message.scores):
        raise BadMessage(f'chosen is {message.chosen}, there are {len(message.scores)} candidates')


VERDICT = MessageTable(
    AlignmentVerdict, msg.AlignmentVerdict, _choice_exists,
    stamp=stamp(), scores=ARRAY, budget=limited(0.0), used=limited(0.0),
)  # fmt: skip


def _names_a_motion(message: msg.Correction) -> None:
    if not message.language_motion.strip():
        raise BadMessage('language_motion is empty')


CORRECTION = MessageTable(
    Correction, msg.Correction, in_base, _names_a_motion,
    stamp=stamp(BASE), ttl=limited(0.0, MAX_CORRECTION_TTL),
)  # fmt: skip
