"""One episode with the whole trust chain, with the shield alone, or with neither. The simulator
judges success and unsafe ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import numpy as np

from vla_bench.trust.always_hold import always_held
from vla_core.records.scene import Role
from vla_core.records.task import Phase
from vla_learning.failure.rollout_plan import FIRST_SEED, Disturbance, TaskKind, disturbance
from vla_lockstep.episode_plan import Setup
from vla_lockstep.lockstep import Run
from vla_lockstep.no_shield import NoShield
from vla_lockstep.perturb import PerturbedPolicy, PerturbParams
from vla_lockstep.row_log import Row
from vla_lockstep.stack import load_setup
from vla_policy.protocol import Policy
from vla_policy.registry import load_policy
from vla_shield.shield import Shield
from vla_sim.faults.incidents import IncidentDetector
from vla_sim.faults.kinds import Fault, FaultKind
from vla_sim.world import SimWorld

CHAINS = ('off', 'shield', 'on')  # nothing, the shield with its usual voters, everything
HOLD = 'hold'  # control: the shield with a voter that never permits motion
CLEAN, NOISE = 'clean', 'noise'
CAUSES = (NOISE, 'dynamics', 'slippery', 'camera', 'moved')  # of perturbed episodes, in turn
TASKS = ('put_in', 'stack', 'push', 'press')
SEEDS = FIRST_SEED + 300_000
SHOVES = PerturbParams(position=0.035, yaw=0.3, share=0.6, dwell=1.2)
TIMEOUT = 120.0  # s, simulated
SETTLE = 1.0  # s, watched after the end


@dataclass(frozen=True)
class TrustJob:
    """One episode, as a worker gets it."""

    robot: str
    policy: str
    chain: str  # one of CHAINS, or HOLD
    cause: str  # CLEAN, or one of CAUSES
    task: str
    seed: int


@cache
def _setup(robot: str, policy: str, chain: str) -> Setup:
    setup = load_setup(robot, policy=policy)
    if chain == 'on':
        return setup
    return always_held(setup.without_monitors()) if chain == HOLD else setup.without_monitors()


@cache
def _world(robot: str) -> SimWorld:
    setup = load_setup(robot)
    return SimWorld(setup.robot, setup.scene)


@cache
def _policy(name: str, robot: str) -> Policy:
    return load_policy(name, load_setup(robot).robot)


def play(job: TrustJob) -> Row:
    """Run one episode (in a worker process)."""
    return Trust(job).run()


class Trust:
    """One episode."""

    def __init__(self, job: TrustJob) -> None:
        self.job, self.sim = job, _world(job.robot)
        self.episode = self.sim.reset(job.task, job.seed)
        policy = _policy(job.policy, job.robot)
        if job.cause == NOISE:
            policy = PerturbedPolicy(policy, SHOVES)
        setup = _setup(job.robot, job.policy, job.chain)
        self.host = Run(setup, self.sim, policy, self._tap)
        if job.chain == 'off':
            self.host.shield = cast(Shield, NoShield(setup.robot))
        named = {t.name for t in self.episode.things if t.role in (Role.TARGET, Role.DESTINATION)}
        self.mishaps = IncidentDetector(self.sim, named)
        self.began: float | None = None  # s, when the policy began
        self._todo = self._faults()

    def _faults(self) -> list[tuple[float, Callable[[], None]]]:
        job = self.job
        if job.cause in (CLEAN, NOISE):
            return []
        kind = TaskKind(job.task, job.task)
        wrong = disturbance(kind, job.seed, (job.cause,))
        fault = wrong.fault
        if fault is None:  # the cause does not apply to this task
            return []
        steps: list[tuple[float, Callable[[], None]]] = [(wrong.at, lambda: self._inject(wrong))]
        if np.isfinite(wrong.length):
            mend = Fault(FaultKind.NONE)
            steps.append((wrong.at + wrong.length, lambda: self.sim.inject(mend)))
        return steps

    def _inject(self, wrong: Disturbance) -> None:
        if wrong.fault is None:
            return
        if wrong.fault.kind == FaultKind.REMOVE_TARGET:  # it is taken away, not dropped
            target = self.episode.by_role(Role.TARGET)
            self.mishaps.forget(target.name if target else '')
        self.sim.inject(wrong.fault)

    def run(self) -> Row:
        host = self.host
        host.bring_up()
        host.start_task(self.episode.instruction, self.job.seed)
        given = self.sim.time
        while not host.is_over and self.sim.time - given < TIMEOUT:
            self._cycle()
        seconds, status = self.sim.time - given, host.executive.status
        success = self.sim.success()
        for _ in range(round(SETTLE / 0.01)):
            self._cycle()
        self.mishaps.settle()
        job = self.job
        return {
            'chain': job.chain, 'cause': job.cause, 'task': job.task, 'seed': job.seed,
            'instruction': self.episode.instruction, 'success': success,
            'code': status.code.name, 'text': status.text, 'seconds': round(seconds, 2),
            'attempts': status.attempt, 'mishaps': self.mishaps.found,
        }  # fmt: skip

    def _cycle(self) -> None:
        self.host.cycle()
        self.mishaps.look()
        now = self.sim.time
        while self.began is not None and self._todo and now - self.began >= self._todo[0][0]:
            self._todo.pop(0)[1]()

    def _tap(self, topic: str, record: Any, now: float) -> None:
        if topic == 'status' and record.phase == Phase.RUNNING and self.began is None:
            self.began = now
