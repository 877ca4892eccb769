"""Bad chunks from a second publisher in a running graph."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import inf, isfinite

from vla_bench.faults.observer import ReceivedMessage
from vla_bench.faults.rig import AT_ONCE, NAN, STOPPING, TRIES, FaultRig, ReactionBounds
from vla_core.records.action import ActionChunk
from vla_core.result import Figure

RECENT = 1.0  # s, in which an answer is looked for
AHEAD = 3  # chunks
GONE_BY = 5.0  # s, older by its stamp is a chunk of ours that we spoilt before
AFTERMATH = 0.2  # s after a refused chunk in which nothing may come of it


def old_chunk(chunk: ActionChunk, now: float) -> ActionChunk:
    """Ahead of whatever the policy says meanwhile: else control refuses it for its number."""
    return replace(chunk, stamp=now - 10.0, start=now - 10.0, seq=chunk.seq + AHEAD)


def same_chunk(chunk: ActionChunk, now: float) -> ActionChunk:
    return chunk


def earlier_chunk(chunk: ActionChunk, now: float) -> ActionChunk:
    return replace(chunk, stamp=now, start=now, seq=chunk.seq - 1)


def refused_chunk(
    stage: FaultRig,
    bounds: ReactionBounds,
    name: str,
    spoil: Callable[[ActionChunk, float], ActionChunk],
    word: str,
) -> Iterator[Figure]:
    """Control says why it refuses the chunk, and no cycle of the shield stops because of it."""
    seconds, began = NAN, time.monotonic()
    for _ in range(TRIES):
        stage.await_moving()
        began, seconds = time.monotonic(), refusal(stage, spoil, word)
        if isfinite(seconds) or not stage.is_over():
            break  # else the task ended meanwhile: control refuses every chunk, whatever it says
    stage.pause(AFTERMATH)
    yield bounds.figure(f'{name}: refused by control', seconds, AT_ONCE)
    hurt = [h for h in stage.witness.since('report', began) if caused(h)]
    yield Figure(f'{name}: cycles it stopped', float(len(hurt)), '', '== 0')


def refusal(
    stage: FaultRig, spoil: Callable[[ActionChunk, float], ActionChunk], word: str
) -> float:
    """s until control says why it refuses a spoilt copy of its newest chunk; NaN: it does not.

    From when DDS had the first copy on control's topic, to the stamp of the word: who sends it and
    who hears it may be displaced meanwhile."""
    witness, began = stage.witness, time.monotonic()
    now = witness.ros_now
    heard = [h.record for h in witness.since('chunk', began - 2.0 * RECENT)]
    policys = [chunk for chunk in heard if now - chunk.stamp < GONE_BY]
    if not policys:
        return NAN
    chunk = spoil(policys[-1], now)

    def is_copy(record: ActionChunk) -> bool:
        return (record.seq, record.stamp) == (chunk.seq, chunk.stamp)

    def answered() -> float:
        copies = [h for h in witness.since('spoilt chunk', began) if is_copy(h.record)]
        first = witness.ros_of(copies[0].at) if copies else inf
        for said in (h.record for h in witness.since('control', began)):
            if said.stamp > first and word in said.reason:
                return float(said.stamp - first)
        witness.say_chunk(chunk)  # again and again: the policy's own may take its place
        return 0.0

    return witness.wait(answered, RECENT) or NAN


def caused(heard: ReceivedMessage) -> bool:
    """True when this stop can come from a bad chunk."""
    rules = ('target', 'target:stale', 'chunk:stale')
    return heard.record.decision in STOPPING and any(r in heard.record.rules for r in rules)
