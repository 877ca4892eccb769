"""Votes, shield reports, scores of the failure detector, heartbeats."""

from __future__ import annotations

from vla_core.records.safety import (
    ArmState,
    Decision,
    FailureScore,
    Heartbeat,
    Level,
    SafetyVote,
    ShieldReport,
    Verdict,
)
from vla_interfaces import msg
from vla_ros.convert.fields import (
    BadMessage,
    floats,
    header,
    member,
    number,
    seconds,
    stamp_of,
    time_msg,
)


def vote_to_msg(record: SafetyVote) -> msg.SafetyVote:
    return msg.SafetyVote(
        header=header(record.stamp, ''),
        voter=record.voter,
        seq=int(record.seq),
        level=int(record.level),
        speed_scale=float(record.speed_scale),
        ttl=float(record.ttl),
        task_id=record.task_id,
        reasons=list(record.reasons),
    )


def vote_from_msg(message: msg.SafetyVote) -> SafetyVote:
    return SafetyVote(
        stamp=stamp_of(message),
        voter=message.voter,
        seq=message.seq,
        level=member(Level, message.level, 'level'),
        speed_scale=number(message.speed_scale, 'speed_scale', 0.0, 1.0),
        ttl=number(message.ttl, 'ttl', lo=0.0),
        task_id=message.task_id,
        reasons=tuple(message.reasons),
    )


def report_to_msg(record: ShieldReport) -> msg.ShieldReport:
    return msg.ShieldReport(
        header=header(record.stamp),
        cycle=int(record.cycle),
        state=int(record.state),
        decision=int(record.decision),
        reason=record.reason,
        rules=list(record.rules),
        tightest=record.tightest,
        margin=float(record.margin),
        change=float(record.change),
        speed_scale=float(record.speed_scale),
        separation=float(record.separation),
        chunk_seq=int(record.chunk_seq),
        chunk_stamp=time_msg(record.chunk_stamp),
        inputs=list(record.ages),
        ages=floats(list(record.ages.values())),
        loop_ms=float(record.loop_ms),
        period_ms=float(record.period_ms),
    )


def report_from_msg(message: msg.ShieldReport) -> ShieldReport:
    if len(message.inputs) != len(message.ages):
        raise BadMessage('inputs and ages differ in length')
    return ShieldReport(
        stamp=stamp_of(message),
        cycle=message.cycle,
        state=member(ArmState, message.state, 'state'),
        decision=member(Decision, message.decision, 'decision'),
        reason=message.reason,
        rules=tuple(message.rules),
        tightest=message.tightest,
        margin=message.margin,
        change=message.change,
        speed_scale=message.speed_scale,
        separation=message.separation,
        chunk_seq=message.chunk_seq,
        chunk_stamp=seconds(message.chunk_stamp),
        ages=dict(zip(message.inputs, message.ages, strict=True)),
        loop_ms=message.loop_ms,
        period_ms=message.period_ms,
    )


def score_to_msg(record: FailureScore) -> msg.FailureScore:
    return msg.FailureScore(
        header=header(record.stamp, ''),
        episode_id=record.episode_id,
        infer_index=int(record.infer_index),
        score=float(record.score),
        threshold=float(record.threshold),
        alpha=float(record.alpha),
        verdict=int(record.verdict),
        band_id=record.band_id,
        latency=float(record.latency),
        reason=record.reason,
    )


def score_from_msg(message: msg.FailureScore) -> FailureScore:
    verdict = member(Verdict, message.verdict, 'verdict')
    if verdict != Verdict.UNKNOWN:
        number(message.score, 'score')
        number(message.threshold, 'threshold')
    return FailureScore(
        stamp=stamp_of(message),
        episode_id=message.episode_id,
        infer_index=message.infer_index,
        score=message.score,
        threshold=message.threshold,
        alpha=number(message.alpha, 'alpha', 0.0, 1.0),
        verdict=verdict,
        band_id=message.band_id,
        latency=number(message.latency, 'latency', lo=0.0),
        reason=message.reason,
    )


def heartbeat_to_msg(record: Heartbeat) -> msg.Heartbeat:
    return msg.Heartbeat(
        header=header(record.stamp, ''),
        node=record.node,
        seq=int(record.seq),
        healthy=bool(record.healthy),
        cycle_ms_last=float(record.cycle_ms_last),
        cycle_ms_max=float(record.cycle_ms_max),
        detail=record.detail,
        state=record.state,
    )


def heartbeat_from_msg(message: msg.Heartbeat) -> Heartbeat:
    if not message.node:
        raise BadMessage('the heartbeat names no node')
    return Heartbeat(
        stamp=stamp_of(message),
        node=message.node,
        seq=message.seq,
        healthy=message.healthy,
        cycle_ms_last=message.cycle_ms_last,
        cycle_ms_max=message.cycle_ms_max,
        detail=message.detail,
        state=message.state,
    )
