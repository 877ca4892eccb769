"""Votes, shield reports, scores of the failure detector, heartbeats."""

from __future__ import annotations

from functools import cache

import numpy as np

from vla_core.records.lease import Lease, Leases
from vla_core.records.safety import FailureScore, Heartbeat, SafetyVote, ShieldReport, Verdict
from vla_interfaces import msg
from vla_ros.convert.fields import BASE, BadMessage, floats, number
from vla_ros.convert.table import (
    Entry,
    MessageCheck,
    MessageTable,
    equal_lengths,
    limited,
    sequence,
    stamp,
    time,
)

VOTE = MessageTable(
    SafetyVote, msg.SafetyVote, stamp=stamp(), speed_scale=limited(0.0, 1.0), ttl=limited(0.0)
)


@cache
def report_table(frame: str) -> MessageTable[ShieldReport]:
    """Reports of the shield of a robot with this base frame."""
    return MessageTable(
        ShieldReport, msg.ShieldReport, equal_lengths('inputs', 'ages'),
        stamp=stamp(frame),
        chunk_stamp=time('chunk_stamp'),
        ages=Entry(
            lambda ages: (list(ages), floats(list(ages.values()))),
            lambda inputs, ages, _: dict(zip(inputs, np.asarray(ages).tolist(), strict=True)),
            ('inputs', 'ages'),
        ),
    )  # fmt: skip


REPORT = report_table(BASE)


def _certain(verdict: int, score: float, threshold: float) -> None:
    if verdict != Verdict.UNKNOWN:
        number(score, 'score')
        number(threshold, 'threshold')


FAILURE = MessageTable(
    FailureScore, msg.FailureScore, MessageCheck(_certain, ('verdict', 'score', 'threshold')),
    stamp=stamp(), alpha=limited(0.0, 1.0), latency=limited(0.0),
)  # fmt: skip


_LEASE = MessageTable(Lease, msg.Lease, since=time('since'))
LEASES = MessageTable(Leases, msg.Leases, stamp=stamp(), leases=sequence(_LEASE))


def _named(node: str) -> None:
    if not node:
        raise BadMessage('the heartbeat names no node')


HEARTBEAT = MessageTable(Heartbeat, msg.Heartbeat, MessageCheck(_named, ('node',)), stamp=stamp())
