"""Votes, shield reports, scores of the failure detector, heartbeats."""

from __future__ import annotations

from vla_core.records.safety import FailureScore, Heartbeat, SafetyVote, ShieldReport, Verdict
from vla_interfaces import msg
from vla_ros.convert.fields import BASE, BadMessage, floats, number
from vla_ros.convert.table import TIME, MessageTable, Spread, equal_lengths, limited, stamp

VOTE = MessageTable(
    SafetyVote, msg.SafetyVote, stamp=stamp(), speed_scale=limited(0.0, 1.0), ttl=limited(0.0)
)

REPORT = MessageTable(
    ShieldReport, msg.ShieldReport, equal_lengths('inputs', 'ages'),
    stamp=stamp(BASE),
    chunk_stamp=TIME,
    ages=Spread(
        lambda ages: {'inputs': list(ages), 'ages': floats(list(ages.values()))},
        lambda message: dict(zip(message.inputs, message.ages, strict=True)),
    ),
)  # fmt: skip


def _score_is_a_number(message: msg.FailureScore) -> None:
    if message.verdict != Verdict.UNKNOWN:
        number(message.score, 'score')
        number(message.threshold, 'threshold')


FAILURE = MessageTable(
    FailureScore, msg.FailureScore, _score_is_a_number,
    stamp=stamp(), alpha=limited(0.0, 1.0), latency=limited(0.0),
)  # fmt: skip


def _names_its_node(message: msg.Heartbeat) -> None:
    if not message.node:
        raise BadMessage('the heartbeat names no node')


HEARTBEAT = MessageTable(Heartbeat, msg.Heartbeat, _names_its_node, stamp=stamp())
