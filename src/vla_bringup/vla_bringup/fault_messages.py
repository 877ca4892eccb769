"""Bad targets and bad chunks from a second publisher in a running graph."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import isfinite

from vla_bringup.fault_stage import AT_ONCE, NAN, STOPPING, TRIES, Bounds, Stage
from vla_bringup.witness import Heard
from vla_core.action import ActionChunk
from vla_core.result import Figure

AGAIN = 0.002  # s, between two copies of an injected message: one of them is the newest
WORK = 0.003  # s, of a cycle: what comes meanwhile is not in its report
RECENT = 1.0  # s back, in which an answer is looked for
AHEAD = 3  # chunks
GONE_BY = 5.0  # s, older by its stamp is a chunk of ours that we spoilt before
AFTERMATH = 0.2  # s after a refused chunk in which nothing may come of it


def repeat(say: Callable[[], None], until: Callable[[], float]) -> float:
    """Say something again and again until it is answered; return what `until` said. One who
    listens on a busy machine may hear nothing for 0.3 s; how long it took the stamps say."""
    end = time.monotonic() + RECENT
    while not (said := until()) and time.monotonic() < end:
        say()
        time.sleep(AGAIN)
    return said or NAN


def answers(stage: Stage, name: str, first: float) -> list[Heard]:
    """Cycles that began after the first word, at ROS time `first`: no earlier one answers it."""
    recent = stage.witness.since(name, time.monotonic() - RECENT)
    return [heard for heard in recent if heard.record.stamp > first]


def since(answer: Heard, first: float) -> float:
    """s from a word, at ROS time `first`, to the cycle that answers: by the stamp of the
    answer, since the witness itself hears late on a busy machine."""
    return float(answer.record.stamp) - first


def stale_target(stage: Stage, late: float) -> float:
    """s until the shield rejects a target of a second publisher, stamped `late` s before control's
    newest one. Counted from the last copy before the cycle that rejects: in a queue of one the
    shield has seen no earlier one. A copy was sent when DDS had it: whoever sends it may be
    displaced on the way there."""
    stage.await_moving()
    witness, first, began = stage.witness, stage.witness.ros_now, time.monotonic()
    copies: set[float] = set()  # s, stamps

    def say() -> None:
        newest = [h for h in witness.since('target', began - RECENT) if not is_copy(h)]
        if newest:
            copies.add(stamp := newest[-1].record.stamp - late)
            witness.say_target(replace(newest[-1].record, stamp=stamp))

    def is_copy(heard: Heard) -> bool:
        return heard.record.stamp in copies

    def rejected() -> float:
        sent = [h.at for h in witness.since('target', began) if is_copy(h)]
        for heard in answers(stage, 'report', first):
            before = [at for at in sent if at < heard.at - WORK]
            if before and 'target' in heard.record.rules and 'older' in heard.record.reason:
                return heard.at - before[-1]
        return 0.0

    return repeat(say, rejected)


# -- chunks ------------------------------------------------------------------------------------


def old_chunk(chunk: ActionChunk, now: float) -> ActionChunk:
    """Ahead of whatever the policy says meanwhile: else control refuses it for its number."""
    return replace(chunk, stamp=now - 10.0, start=now - 10.0, seq=chunk.seq + AHEAD)


def same_chunk(chunk: ActionChunk, now: float) -> ActionChunk:
    return chunk


def earlier_chunk(chunk: ActionChunk, now: float) -> ActionChunk:
    return replace(chunk, stamp=now, start=now, seq=chunk.seq - 1)


def refused_chunk(
    stage: Stage,
    bounds: Bounds,
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
    time.sleep(AFTERMATH)
    yield bounds.figure(f'{name}: refused by control', seconds, AT_ONCE)
    hurt = [h for h in stage.witness.since('report', began) if caused(h)]
    yield Figure(f'{name}: cycles it stopped', float(len(hurt)), '', '== 0')


def refusal(stage: Stage, spoil: Callable[[ActionChunk, float], ActionChunk], word: str) -> float:
    """s until control says why it refuses a spoilt copy of its newest chunk; NaN: it does not."""
    witness = stage.witness
    first = witness.ros_now
    heard = [h.record for h in witness.since('chunk', time.monotonic() - 2.0 * RECENT)]
    policys = [chunk for chunk in heard if first - chunk.stamp < GONE_BY]
    chunk = spoil(policys[-1], first) if policys else None

    def say() -> None:
        if chunk is not None:
            witness.say_chunk(chunk)

    def refused() -> float:
        for heard in answers(stage, 'control', first):
            if word in heard.record.reason:
                return since(heard, first)
        return 0.0

    return repeat(say, refused)


def caused(heard: Heard) -> bool:
    """True when this stop can come from a bad chunk."""
    rules = ('target', 'target:stale', 'chunk:stale')
    return heard.record.decision in STOPPING and any(r in heard.record.rules for r in rules)
