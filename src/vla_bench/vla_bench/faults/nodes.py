"""Nodes that die or leave, sensors that fall silent, a machine that has no time."""

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

from vla_bench.faults.rig import AT_ONCE, CYCLE, NAN, STOPPING, FaultRig, ReactionBounds
from vla_core.records.action import Trajectory
from vla_core.records.safety import ArmState, ShieldReport
from vla_core.records.task import Phase
from vla_core.result import Figure

HOG_TIME = 10.0  # s
HANG_MS = 50.0
HANG = 0.2  # s
WORD = 3.0  # s in which the witness must have heard of it
BUDGET = 350.0  # ms, of the verifier


def f2(stage: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """The policy is killed while its chunk is played."""
    stage.await_moving()
    seconds = stage.braked(stage.kill('policy'))
    yield bounds.figure('F2 policy killed: HOLD', seconds, 500.0 + AT_ONCE)


def f3(stage: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """The shield is killed: the arm plays the ramp it has, the supervisor ends the task."""
    stage.await_moving()
    witness = stage.witness
    began = stage.kill('shield')
    killed = witness.ros_now
    rest = stage.standstill(began, 3.0)
    command = witness.since('command', began - 1.0)[-1].record
    ramp = command.stamp + command.time_from_start[-1] - killed
    name = f'F3 shield killed: arm stands (ramp {1e3 * ramp:.0f} ms)'
    yield bounds.figure(name, rest, 60.0, after=1e3 * max(ramp, 0.0))
    yield bounds.figure('F3 shield killed: task ended', ended(stage, began), 50.0 + 100.0)


def ended(stage: FaultRig, since: float) -> float:
    """s from `since` until the supervisor ended the task; NaN when it did not."""

    def answer() -> float:
        said = stage.witness.since('status', since)
        return next((h.at - since for h in said if h.record.phase == Phase.FAILED), 0.0)

    return stage.witness.wait(answer, WORD) or NAN


def f4(stage: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """The shield hangs for 200 ms, then goes on."""
    stage.await_moving()
    witness, pid = stage.witness, stage.graph.pid('shield')
    began, stopped = time.monotonic(), witness.ros_now
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(HANG)
    finally:
        again = time.monotonic()  # before: the shield goes on sooner than we do
        os.kill(pid, signal.SIGCONT)
    rest = stage.standstill(began, 3.0)
    before = [h.record for h in witness.since('command', began - 1.0) if h.at < again][-1]
    ramp = 1e3 * (before.stamp + before.time_from_start[-1] - stopped)
    name = f'F4 shield stopped for 200 ms: arm stands (ramp {ramp:.0f} ms)'
    yield bounds.figure(name, rest, 60.0, after=max(ramp, 0.0))
    later = witness.wait(lambda: [h.record for h in witness.since('command', again)], WORD)
    first = later[0].position[0] if later else np.full_like(before.position[-1], NAN)
    least = stage.robot.limits.acceleration * (1e-3 * CYCLE) ** 2
    jump = float((np.abs(first - before.position[-1]) / least).max())
    yield Figure('F4 on going on: step / (acceleration dt^2)', jump, '', '<= 1')
    yield bounds.figure('F4 shield stopped: task ended', ended(stage, began), 50.0 + 100.0)


def f22(stage: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """The verifier hangs; nothing reaches control past it."""
    if not stage.graph.has('verifier'):
        yield Figure('F22 left out: no verifier in this graph', NAN)
        return
    stage.await_moving()
    pid, began = stage.graph.pid('verifier'), time.monotonic()
    os.kill(pid, signal.SIGSTOP)
    try:
        seconds = stage.braked(began, within=2.0)
    finally:
        os.kill(pid, signal.SIGCONT)
    yield bounds.figure('F22 verifier hangs: HOLD', seconds, BUDGET + AT_ONCE)


def f14(stage: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """The shield is deactivated while the arm moves."""
    stage.graph.client.reach(ChangeState, 'shield/change_state')
    stage.await_moving()
    witness, began = stage.witness, time.monotonic()
    stage.lose('shield')
    request = ChangeState.Request()
    request.transition.id = Transition.TRANSITION_DEACTIVATE
    stage.graph.client.call(ChangeState, 'shield/change_state', request)
    leaves = began + stage.braked(began, 'disarm')
    rest = stage.standstill(began, 3.0)
    heard = witness.since('command', began - 0.1)
    ramps = [h.record.time_from_start[-1] for h in heard if h.at <= leaves]
    ramp = ramps[-1] if ramps else NAN
    yield bounds.figure('F14 shield deactivated: HOLD', leaves - began, AT_ONCE)
    name = f'F14 shield deactivated: arm stands (ramp {1e3 * ramp:.0f} ms)'
    yield bounds.figure(name, rest, 50.0 + CYCLE, after=1e3 * ramp)
    commands = [h.record for h in heard if h.at < began + rest]
    jump = hardest(commands, stage.robot.limits.acceleration)
    yield Figure('F14 acceleration on the way / limit', jump, '', '<= 1.05')


def hardest(commands: list[Trajectory], limit: np.ndarray) -> float:
    """Largest acceleration from one commanded state to the next, as a share of `limit`."""
    times = [c.stamp + c.time_from_start[0] for c in commands]
    shares = [
        float((np.abs(b.velocity[0] - a.velocity[0]) / (limit * dt)).max())
        for (a, b), dt in zip(pairwise(commands), np.diff(times), strict=True)
        if dt > 1e-3  # an early cycle says the same again
    ]
    return max(shares, default=NAN)


def f13(stage: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """Every core is busy with something else."""
    stage.await_moving()
    began = time.monotonic()
    with hogs():
        stage.pause(HOG_TIME)
    reports = [h.record for h in stage.witness.since('report', began)]
    late = [k for k, r in enumerate(reports) if max(r.period_ms, r.loop_ms) > HANG_MS]
    loose = [k for k in late if not any(is_held(r) for r in reports[k : k + 3])]
    periods = [r.period_ms for r in reports] or [NAN]
    yield Figure('F13 all cores busy: longest cycle', max(periods), 'ms', n=len(reports))
    yield Figure('F13 all cores busy: usual cycle', float(np.median(periods)), 'ms', '>= 8')
    yield Figure('F13 cycles > 50 ms without HOLD', float(len(loose)), '', '== 0', n=len(late))
    limits = stage.robot.limits
    speeds = [
        np.abs(h.record.select(stage.robot.joint_names)[1]) / limits.velocity
        for h in stage.witness.since('joints', began)
    ]
    share = max((float(s.max()) for s in speeds), default=NAN)
    yield Figure('F13 joint speed / limit', share, '', '<= 1')


def is_held(report: ShieldReport) -> bool:
    return report.decision in STOPPING or report.state != ArmState.ARMED


@contextmanager
def hogs() -> Iterator[None]:
    """As many busy processes as there are cores; they end by themselves in any case."""
    program = (
        f'import time\nend = time.monotonic() + {HOG_TIME}\nwhile time.monotonic() < end: pass'
    )
    running = [subprocess.Popen([sys.executable, '-c', program]) for _ in os.sched_getaffinity(0)]
    try:
        yield
    finally:
        for process in running:
            process.send_signal(signal.SIGKILL)
            process.wait()
