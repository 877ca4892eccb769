"""Verdicts on candidates, and corrections by people."""

from __future__ import annotations

import numpy as np

from vla_core.records.alignment import (
    MAX_CORRECTION_TTL,
    NONE,
    AlignmentVerdict,
    Correction,
    Priority,
)
from vla_interfaces import msg
from vla_ros.convert.fields import (
    BadMessage,
    finite,
    floats,
    framed,
    header,
    member,
    number,
    stamp_of,
)


def verdict_to_msg(record: AlignmentVerdict) -> msg.AlignmentVerdict:
    return msg.AlignmentVerdict(
        header=header(record.stamp, ''),
        task_id=record.task_id,
        seq=int(record.seq),
        plan_step=record.plan_step,
        chosen=int(record.chosen),
        scores=floats(record.scores),
        verifier=record.verifier,
        budget=float(record.budget),
        used=float(record.used),
        timed_out=bool(record.timed_out),
    )


def verdict_from_msg(message: msg.AlignmentVerdict) -> AlignmentVerdict:
    if not NONE <= message.chosen < len(message.scores):
        raise BadMessage(f'chosen is {message.chosen}, there are {len(message.scores)} candidates')
    return AlignmentVerdict(
        stamp=stamp_of(message),
        task_id=message.task_id,
        seq=message.seq,
        plan_step=message.plan_step,
        chosen=message.chosen,
        scores=finite(np.array(message.scores, dtype=np.float64), 'scores'),
        verifier=message.verifier,
        budget=number(message.budget, 'budget', lo=0.0),
        used=number(message.used, 'used', lo=0.0),
        timed_out=message.timed_out,
    )


def correction_to_msg(record: Correction) -> msg.Correction:
    return msg.Correction(
        header=header(record.stamp),
        operator_id=record.operator_id,
        task_id=record.task_id,
        language_motion=record.language_motion,
        ttl=float(record.ttl),
        priority=int(record.priority),
    )


def correction_from_msg(message: msg.Correction) -> Correction:
    framed(message)
    if not message.language_motion.strip():
        raise BadMessage('language_motion is empty')
    return Correction(
        stamp=stamp_of(message),
        operator_id=message.operator_id,
        task_id=message.task_id,
        language_motion=message.language_motion,
        ttl=number(message.ttl, 'ttl', lo=0.0, hi=MAX_CORRECTION_TTL),
        priority=member(Priority, message.priority, 'priority'),
    )
