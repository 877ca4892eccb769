"""The ROS clock of the whole graph jumps, or stands still."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise

import numpy as np

from vla_bench.faults.rig import AT_ONCE, CYCLE, NAN, STOPPING, FaultRig, ReactionBounds
from vla_core.result import Figure
from vla_ros.convert.fields import seconds as seconds_of

WATCHED = 1.0  # s after the fault
STRANGE = 1.0  # s, from one tick to the next


def f10(stage: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """5 s back, 5 s ahead, and no time at all."""
    for name, order, value in (
        ('jumps 5 s ahead', 'jump', 5.0),
        ('stands still', 'pause', 0.0),
        ('jumps 5 s back', 'jump', -5.0),
    ):
        stage.await_moving()
        began = stage.harm(order, value, by='clock')
        seconds = stage.witness.wait(partial(stopped, stage, began), 1.0) or NAN
        yield bounds.figure(f'F10 ROS clock {name}: braking', seconds, AT_ONCE)
        stage.pause(WATCHED)
        yield Figure(f'F10 {name}: largest step / limit', largest(stage, began), '', '<= 1.05')
        stage.harm('none', by='clock')
        stage.end()


def broken(stage: FaultRig, since: float) -> float:
    """When the clock first did not go on as it should, s, steady clock; NaN while it does."""
    ticks = stage.witness.since('clock', since - 0.1)
    for a, b in pairwise(ticks):
        gone = seconds_of(b.record.clock) - seconds_of(a.record.clock)
        if b.at >= since and not 0.0 < gone < STRANGE:
            return b.at
    return NAN


def stopped(stage: FaultRig, since: float) -> float:
    """s from the fault of the clock to the first report after it of a cycle that brakes; 0 while
    there is none."""
    fault = broken(stage, since)
    reports = stage.witness.since('report', since)
    stops = [h.at for h in reports if h.record.decision in STOPPING and h.at > fault]
    return stops[0] - fault if stops else 0.0


def largest(stage: FaultRig, since: float) -> float:
    """Largest step between two commands as a share of what the joint may do in a cycle."""
    commands = [h.record for h in stage.witness.since('command', since - 0.1)]
    most = stage.robot.limits.velocity * 1e-3 * CYCLE
    shares = [float((np.abs(b.position[0] - a.position[0]) / most).max())
              for a, b in pairwise(commands)]  # fmt: skip
    return max(shares, default=NAN)
