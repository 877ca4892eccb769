"""Bad chunks from a second publisher in a running graph."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import inf, isfinite

from vla_bench.faults.bounds import ReactionBounds
from vla_bench.faults.observer import ReceivedMessage
from vla_bench.faults.rig import AT_ONCE, NAN, STOPPING, TRIES, FaultRig
from vla_core.records.action import ActionChunk
from vla_core.result import Figure

RECENT = 1.0  # s in which a reaction counts
AHEAD = 3  # chunks
EXPIRED = 5.0  # s; a chunk with an older stamp is one that was corrupted here before
AFTERMATH = 0.2  # s after a rejected chunk in which it must have no effect


def old_chunk(chunk: ActionChunk, now: float) -> ActionChunk:
    """With a sequence number ahead of the policy's, or control rejects it as out of order."""
    return replace(chunk, stamp=now - 10.0, start=now - 10.0, seq=chunk.seq + AHEAD)


def same_chunk(chunk: ActionChunk, now: float) -> ActionChunk:
    return chunk


def earlier_chunk(chunk: ActionChunk, now: float) -> ActionChunk:
    return replace(chunk, stamp=now, start=now, seq=chunk.seq - 1)


def rejected_chunk(
    rig: FaultRig,
    bounds: ReactionBounds,
    name: str,
    corrupt: Callable[[ActionChunk, float], ActionChunk],
    text: str,
) -> Iterator[Figure]:
    """Control rejects the chunk with a reason, and no shield cycle stops because of it."""
    seconds, began = NAN, time.monotonic()
    for _ in range(TRIES):
        rig.await_moving()
        began, seconds = time.monotonic(), rejection(rig, corrupt, text)
        if isfinite(seconds) or not rig.is_over():
            break  # else the task has ended, and control rejects every chunk
    rig.pause(AFTERMATH)
    yield bounds.figure(f'{name}: rejected by control', seconds, AT_ONCE)
    hurt = [h for h in rig.observer.since('report', began) if caused(h)]
    yield Figure(f'{name}: cycles stopped by it', float(len(hurt)), '', '== 0')


def rejection(
    rig: FaultRig, corrupt: Callable[[ActionChunk, float], ActionChunk], text: str
) -> float:
    """Time in s until control rejects a corrupted copy of its newest chunk for the reason `text`.

    From the arrival of the first copy in DDS to the stamp of control's state: sender and observer
    may be preempted in between. NaN without a rejection.
    """
    observer, began = rig.observer, time.monotonic()
    now = observer.ros_now
    received = [h.record for h in observer.since('chunk', began - 2.0 * RECENT)]
    chunks = [chunk for chunk in received if now - chunk.stamp < EXPIRED]
    if not chunks:
        return NAN
    chunk = corrupt(chunks[-1], now)

    def is_copy(record: ActionChunk) -> bool:
        return (record.seq, record.stamp) == (chunk.seq, chunk.stamp)

    def reaction() -> float:
        copies = [h for h in observer.since('corrupted chunk', began) if is_copy(h.record)]
        first = observer.ros_of(copies[0].at) if copies else inf
        for state in (h.record for h in observer.since('control', began)):
            if state.stamp > first and text in state.reason:
                return float(state.stamp - first)
        observer.publish_chunk(chunk)  # repeated: the policy's next chunk may replace it
        return 0.0

    return observer.wait(reaction, RECENT) or NAN


def caused(received: ReceivedMessage) -> bool:
    """True when this stop can be caused by a bad chunk."""
    rules = ('target', 'target:stale', 'chunk:stale')
    return received.record.decision in STOPPING and any(r in received.record.rules for r in rules)
