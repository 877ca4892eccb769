"""One SIGKILL of a node in a running graph, and what was received after it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from vla_bench.faults.observer import ReceivedMessage
from vla_bench.faults.rig import GONE, NAN, FaultRig
from vla_core.records.safety import ShieldReport

LIMIT = 10.0  # s, from the kill to the first heartbeat of the restarted node in state active
LATE = 30.0  # s more that a node gets which was not back by then
TAIL = 1.0  # s that are recorded after the recovery
LEAD = 0.1  # s before the kill: the last message before it is the start of the first silence
PERIOD = 0.01  # s, of the shield
STALL = 0.3  # s without a report of the shield after which stacks are written at once
DELAY = (0.0, 1.5)  # s, from the arm's first motion (or from rest) to the kill


@dataclass(frozen=True)
class KillPlan:
    """Which kill: `index` counts from 0, every second one comes while a task moves the arm."""

    node: str
    seed: int
    index: int

    @property
    def is_moving(self) -> bool:
        return self.index % 2 == 0

    @property
    def delay(self) -> float:
        """s, the same for the same seed and index."""
        return float(np.random.default_rng([self.seed, self.index]).uniform(*DELAY))


@dataclass(frozen=True)
class KillRecord:
    """Times in s; NaN when it did not happen."""

    is_moving: bool  # the policy moved the arm at the kill
    recovery: float  # from the kill to the restarted node in state active
    started: float  # from the kill to the first heartbeat of the restarted node, in any state
    first_report: float  # from the kill to the next report of the shield
    cycle: float  # longest cycle of the shield from then on, by its own stamps
    cycle_before: float  # the same before the kill, for comparison
    silence: float  # longest time in which no report came; also when this process had no time
    slowest_node: str  # of the others, by heartbeats
    slowest_silence: float  # longest time between two heartbeats of that node


def kill(rig: FaultRig, plan: KillPlan) -> float:
    """Bring the graph to the planned moment and kill the node; return when, s, steady clock."""
    if plan.is_moving:
        rig.begin()
        rig.await_moving()
    else:
        rig.end()
        rig.await_nodes()
    rig.pause(plan.delay)
    return rig.kill(plan.node)


def await_recovery(
    rig: FaultRig, node: str, at: float, seconds: float, on_stall: Callable[[], None]
) -> float:
    """s from the kill to the first active heartbeat after it; NaN when none comes in time.

    The time is that of the heartbeat's stamp: a bench that has no processor time for a while
    receives it late. `on_stall` is called once when the shield stays silent.
    """
    since = rig.observer.ros_of(at) + GONE
    has_stalled = False

    def back() -> float:
        nonlocal has_stalled
        report = rig.observer.last('report')
        if not has_stalled and report is not None and time.monotonic() - report.at > STALL:
            has_stalled = True
            on_stall()
        beats = rig.observer.since('heartbeats', at)
        stamps = (b.record.stamp for b in beats if is_back(b, node, since))
        return next(stamps, 0.0)

    stamp = rig.graph.client.wait(back, seconds)
    return stamp - rig.observer.ros_of(at) if stamp else NAN


def is_back(beat: ReceivedMessage, node: str, since: float) -> bool:
    """True for an active heartbeat of `node` stamped after `since` s, ROS time."""
    record = beat.record
    return bool(record.node == node and record.state == 'active' and record.stamp > since)


def measured(
    rig: FaultRig, plan: KillPlan, began: float, at: float, end: float, back: float
) -> KillRecord:
    """What was received from `began` to `end` about a kill at `at`, s, steady clock."""
    since = rig.observer.ros_of(at) + GONE
    reports = [r for r in rig.observer.since('report', began) if r.at <= end]
    before = [report for report in reports if report.at <= at]
    after = [report for report in reports if report.at > at]
    heard = [b for b in rig.observer.since('heartbeats', at - LEAD) if b.at <= end]
    own = [b.record.stamp for b in heard if b.record.node == plan.node and b.record.stamp > since]
    beats = by_node(b for b in heard if b.record.node != plan.node)
    others = {name: longest(beat, at - LEAD, end) for name, beat in beats.items()}
    slowest = max(others, key=lambda name: others[name], default='')
    return KillRecord(
        is_moving=plan.is_moving,
        recovery=back,
        started=min(own, default=NAN) - rig.observer.ros_of(at),
        first_report=after[0].at - at if after else NAN,
        cycle=longest_cycle([r.record for r in [*before[-1:], *after]]),
        cycle_before=longest_cycle([r.record for r in before]),
        silence=longest((report.at for report in reports), at - LEAD, end),
        slowest_node=slowest,
        slowest_silence=others.get(slowest, NAN),
    )


def longest_cycle(reports: Sequence[ShieldReport]) -> float:
    """Longest time between two cycles of the shield, s; at most that where reports were lost."""
    return max(
        (b.stamp - a.stamp - PERIOD * (b.cycle - a.cycle - 1) for a, b in pairwise(reports)),
        default=NAN,
    )


def by_node(beats: Iterable[ReceivedMessage]) -> dict[str, list[float]]:
    """When the heartbeats of each node were received, s, steady clock."""
    found: dict[str, list[float]] = {}
    for beat in beats:
        found.setdefault(beat.record.node, []).append(beat.at)
    return found


def longest(stamps: Iterable[float], begin: float, end: float) -> float:
    """Longest time without a message between `begin` and `end`, ends included, s."""
    inside = [begin, *(s for s in stamps if begin < s < end), end]
    return max(b - a for a, b in pairwise(inside))
