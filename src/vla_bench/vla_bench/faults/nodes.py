"""Nodes that are killed, stopped or deactivated, and a machine under full load."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import numpy as np
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState

from vla_bench.faults.bounds import ReactionBounds
from vla_bench.faults.rig import AT_ONCE, CYCLE, NAN, STOPPING, FaultRig
from vla_core.records.action import Trajectory
from vla_core.records.safety import ArmState, ShieldReport
from vla_core.records.task import Phase
from vla_core.result import Figure

LOAD_TIME = 10.0  # s
LATE = 50.0  # ms, longer than which a cycle is late
STOPPED = 0.2  # s for which the shield process is stopped
PATIENCE = 3.0  # s, longest wait for a reaction
BUDGET = 350.0  # ms of the verifier


def f2(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """The policy is killed while its chunk is executed."""
    rig.await_moving()
    seconds = rig.braked(rig.kill('policy'))
    yield bounds.figure('F2 policy killed: HOLD', seconds, 500.0 + AT_ONCE)


def f3(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """The shield is killed: the arm completes its stop ramp, the supervisor ends the task."""
    rig.await_moving()
    observer = rig.observer
    began = rig.kill('shield')
    killed = observer.ros_now
    rest = rig.standstill(began, 3.0)
    command = observer.since('command', began - 1.0)[-1].record
    ramp = command.stamp + command.time_from_start[-1] - killed
    name = f'F3 shield killed: arm stands (ramp {1e3 * ramp:.0f} ms)'
    yield bounds.figure(name, rest, 60.0, after=1e3 * max(ramp, 0.0))
    yield bounds.figure('F3 shield killed: task ended', ended(rig, began), 50.0 + 100.0)


def ended(rig: FaultRig, since: float) -> float:
    """Time in s from `since` until the supervisor ended the task; NaN when it did not."""

    def answer() -> float:
        states = rig.observer.since('status', since)
        return next((h.at - since for h in states if h.record.phase == Phase.FAILED), 0.0)

    return rig.observer.wait(answer, PATIENCE) or NAN


def f4(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """The shield is stopped for 200 ms and resumes."""
    rig.await_moving()
    observer, pid = rig.observer, rig.graph.pid('shield')
    began, stopped = time.monotonic(), observer.ros_now
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(STOPPED)
    finally:
        again = (
            time.monotonic()
        )  # before the signal: the shield may resume before this process does
        os.kill(pid, signal.SIGCONT)
    rest = rig.standstill(began, 3.0)
    before = [h.record for h in observer.since('command', began - 1.0) if h.at < again][-1]
    ramp = 1e3 * (before.stamp + before.time_from_start[-1] - stopped)
    name = f'F4 shield stopped for 200 ms: arm stands (ramp {ramp:.0f} ms)'
    yield bounds.figure(name, rest, 60.0, after=max(ramp, 0.0))
    later = observer.wait(lambda: [h.record for h in observer.since('command', again)], PATIENCE)
    first = (
        later[0].position[later[0].next_row] if later else np.full_like(before.position[-1], NAN)
    )
    least = rig.robot.limits.acceleration * (1e-3 * CYCLE) ** 2
    jump = float((np.abs(first - before.position[-1]) / least).max())
    yield Figure('F4 on resuming: step / (acceleration dt^2)', jump, '', '<= 1')
    yield bounds.figure('F4 shield stopped: task ended', ended(rig, began), 50.0 + 100.0)


def f22(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """The verifier is stopped; no chunk reaches control around it."""
    if not rig.graph.has('verifier'):
        yield Figure('F22 left out: no verifier in this graph', NAN)
        return
    rig.await_moving()
    pid, began = rig.graph.pid('verifier'), time.monotonic()
    os.kill(pid, signal.SIGSTOP)
    try:
        seconds = rig.braked(began, within=2.0)
    finally:
        os.kill(pid, signal.SIGCONT)
    yield bounds.figure('F22 verifier stopped: HOLD', seconds, BUDGET + AT_ONCE)


def f14(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """The shield is deactivated while the arm moves."""
    rig.graph.client.reach(ChangeState, 'shield/change_state')
    rig.await_moving()
    observer, began = rig.observer, time.monotonic()
    rig.lose('shield')
    request = ChangeState.Request()
    request.transition.id = Transition.TRANSITION_DEACTIVATE
    rig.graph.client.call(ChangeState, 'shield/change_state', request)
    leaves = began + rig.braked(began, 'disarm')
    rest = rig.standstill(began, 3.0)
    received = observer.since('command', began - 0.1)
    ramps = [h.record.time_from_start[-1] for h in received if h.at <= leaves]
    ramp = ramps[-1] if ramps else NAN
    yield bounds.figure('F14 shield deactivated: HOLD', leaves - began, AT_ONCE)
    name = f'F14 shield deactivated: arm stands (ramp {1e3 * ramp:.0f} ms)'
    yield bounds.figure(name, rest, 50.0 + CYCLE, after=1e3 * ramp)
    commands = [h.record for h in received if h.at < began + rest]
    jump = peak_acceleration(commands, rig.robot.limits.acceleration)
    yield Figure('F14 acceleration while braking / limit', jump, '', '<= 1.05')


def peak_acceleration(commands: list[Trajectory], limit: np.ndarray) -> float:
    """Largest acceleration between two commanded states, as a share of `limit`."""
    times = [c.stamp + c.time_from_start[0] for c in commands]
    shares = [
        float((np.abs(b.velocity[0] - a.velocity[0]) / (limit * dt)).max())
        for (a, b), dt in zip(pairwise(commands), np.diff(times), strict=True)
        if dt > 1e-3  # an early cycle repeats the last command
    ]
    return max(shares, default=NAN)


def f13(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """All cores are loaded by other processes."""
    rig.await_moving()
    began = time.monotonic()
    with full_load():
        rig.pause(LOAD_TIME)
    reports = [h.record for h in rig.observer.since('report', began)]
    late = [k for k, r in enumerate(reports) if max(r.period_ms, r.loop_ms) > LATE]
    unheld = [k for k in late if not any(is_held(r) for r in reports[k : k + 3])]
    periods = [r.period_ms for r in reports] or [NAN]
    yield Figure('F13 all cores busy: longest cycle', max(periods), 'ms', n=len(reports))
    yield Figure('F13 all cores busy: median cycle', float(np.median(periods)), 'ms', '>= 8')
    yield Figure('F13 cycles > 50 ms without HOLD', float(len(unheld)), '', '== 0', n=len(late))
    limits = rig.robot.limits
    speeds = [
        np.abs(h.record.select(rig.robot.joint_names)[1]) / limits.velocity
        for h in rig.observer.since('joints', began)
    ]
    share = max((float(s.max()) for s in speeds), default=NAN)
    yield Figure('F13 joint speed / limit', share, '', '<= 1')


def is_held(report: ShieldReport) -> bool:
    return report.decision in STOPPING or report.state != ArmState.ARMED


@contextmanager
def full_load() -> Iterator[None]:
    """One busy process per core; each ends by itself after LOAD_TIME at the latest."""
    program = (
        f'import time\nend = time.monotonic() + {LOAD_TIME}\nwhile time.monotonic() < end: pass'
    )
    running = [subprocess.Popen([sys.executable, '-c', program]) for _ in os.sched_getaffinity(0)]
    try:
        yield
    finally:
        for process in running:
            process.send_signal(signal.SIGKILL)
            process.wait()
