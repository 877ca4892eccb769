"""The ROS clock of the whole graph jumps or stops."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise

import numpy as np

from vla_bench.faults.bounds import ReactionBounds
from vla_bench.faults.rig import AT_ONCE, CYCLE, NAN, STOPPING, FaultRig
from vla_core.result import Figure
from vla_ros.convert.fields import seconds as seconds_of

WATCHED = 1.0  # s after the fault
JUMP = 1.0  # s between two clock messages


def f10(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """Jumps of 5 s ahead and back, and a stopped clock."""
    for name, order, value in (
        ('jumps 5 s ahead', 'jump', 5.0),
        ('stops', 'pause', 0.0),
        ('jumps 5 s back', 'jump', -5.0),
    ):
        rig.await_moving()
        began = rig.inject(order, value, by='clock')
        seconds = rig.observer.wait(partial(stopped, rig, began), 1.0) or NAN
        yield bounds.figure(f'F10 ROS clock {name}: braking', seconds, AT_ONCE)
        rig.pause(WATCHED)
        yield Figure(f'F10 {name}: largest step / limit', largest(rig, began), '', '<= 1.05')
        rig.inject('none', by='clock')
        rig.end()


def broken(rig: FaultRig, since: float) -> float:
    """Steady time in s of the first irregular clock message; NaN without one."""
    ticks = rig.observer.since('clock', since - 0.1)
    for a, b in pairwise(ticks):
        step = seconds_of(b.record.clock) - seconds_of(a.record.clock)
        if b.at >= since and not 0.0 < step < JUMP:
            return b.at
    return NAN


def stopped(rig: FaultRig, since: float) -> float:
    """Time in s from the clock fault to the next report of a braking cycle; 0 without one."""
    fault = broken(rig, since)
    reports = rig.observer.since('report', since)
    stops = [h.at for h in reports if h.record.decision in STOPPING and h.at > fault]
    return stops[0] - fault if stops else 0.0


def largest(rig: FaultRig, since: float) -> float:
    """Largest step between two commands as a share of the largest permitted step in a cycle."""
    commands = [h.record for h in rig.observer.since('command', since - 0.1)]
    most = rig.robot.limits.velocity * 1e-3 * CYCLE
    shares = [float((np.abs(b.position[b.next_row] - a.position[a.next_row]) / most).max())
              for a, b in pairwise(commands)]  # fmt: skip
    return max(shares, default=NAN)
