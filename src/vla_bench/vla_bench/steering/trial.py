"""One episode of the steering bench: a policy, a difficulty, a chooser."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from vla_core.records.action import ActionChunk
from vla_core.records.alignment import NONE
from vla_core.records.task import Phase
from vla_lockstep.episode_plan import EpisodePlan, Setup
from vla_lockstep.lockstep import Lockstep
from vla_lockstep.perturb import PerturbedPolicy, PerturbParams
from vla_lockstep.row_log import Row
from vla_lockstep.stack import load_setup
from vla_monitor.steering.goal import StepGoal
from vla_monitor.steering.params import VerifierParams
from vla_monitor.steering.stage_a import QuickCheck, VerifierMoment
from vla_monitor.steering.stage_b import Pick, StageB
from vla_monitor.steering.twin import TwinStage
from vla_monitor.steering.verifier import Choice, Verifier
from vla_policy.protocol import Policy
from vla_policy.registry import load_policy
from vla_sim.faults.kinds import Fault, FaultKind
from vla_sim.world import SimWorld

TRY = 20.0  # s, of the only attempt
TASKS = ('put_in', 'stack', 'push')
WORDS = {'paraphrase': 'test'}


@dataclass(frozen=True)
class Suite:
    """A difficulty; every episode is one attempt."""

    name: str
    overrides: dict[str, Any] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    pushes: PerturbParams | None = None  # shifts of the executed chunks


SUITES = (
    Suite('in distribution', {'paraphrase': 'train'}),
    Suite('rephrased', {**WORDS, 'unseen': True}),
    Suite('distractors', {**WORDS, 'distractors': 6}),
    Suite(
        'dynamics',
        WORDS,
        (Fault(FaultKind.PAYLOAD, 3.0), Fault(FaultKind.SLIPPERY, 0.3)),
        PerturbParams(),
    ),
)


@dataclass(frozen=True)
class SteeringArm:
    """A chooser, and the number of candidates."""

    name: str
    count: int
    chooser: str  # first, random, verifier, oracle
    params: VerifierParams = field(default_factory=VerifierParams)


ARMS = (
    SteeringArm('K=1', 1, 'first'),
    SteeringArm('K=2', 2, 'verifier'),
    SteeringArm('K=5', 5, 'verifier'),
    SteeringArm('K=10', 10, 'verifier'),
    SteeringArm('random of 10', 10, 'random'),
    SteeringArm('oracle of 10', 10, 'oracle'),
)


@dataclass(frozen=True)
class SteeringJob:
    """One episode, as a worker gets it."""

    robot: str
    policy: str
    suite: int  # index in SUITES
    arm: SteeringArm
    seed: int

    @property
    def task(self) -> str:
        return TASKS[self.seed % len(TASKS)]


class RandomOfMany(Verifier):
    """The floor: a random candidate."""

    def choose(self, chunks: tuple[ActionChunk, ...], now: float) -> Choice:
        dice = np.random.default_rng([zlib.crc32(b'choice'), chunks[0].seq, round(1e3 * now)])
        chosen = int(dice.integers(len(chunks)))
        pick = Pick(chosen, np.zeros(len(chunks)), False)
        return chunks[chosen], self._verdict(chunks, chosen, 'at random', 0.0, pick)


class Branch:
    """A copy of the true simulator, faults included, for the ceiling."""

    def __init__(self, sim: SimWorld) -> None:
        self._sim = sim

    def stage(self, present: VerifierMoment, purpose: StepGoal, commanded: float) -> TwinStage:
        """Return a copy of the simulator's present state."""
        sim = self._sim
        target = next((t for t in sim.episode.things if t.role.name == 'TARGET'), None)
        thing = int(sim.model.body(target.name).id) if target else -1
        others = [t for t in sim.episode.things if t.is_free and t is not target]
        bodies = tuple(int(sim.model.body(t.name).id) for t in others)
        return TwinStage(sim.model, sim.branch(), thing, bodies, sim.lead)


class BestOfMany(StageB):
    """Plays every candidate where a grasp or release is near and takes the best, without a
    time budget."""

    def pick(
        self,
        checks: tuple[QuickCheck, ...],
        scores: np.ndarray,
        present: VerifierMoment,
        commanded: float,
        is_late: Callable[[], bool],
    ) -> Pick:
        found = np.array([
            super(BestOfMany, self)
            .pick((check,), scores[k : k + 1], present, commanded, lambda: False)
            .scores[0]
            for k, check in enumerate(checks)
        ])  # fmt: skip
        best = int(np.argmax(found))
        return Pick(best if found[best] >= self.params.judge.accept else NONE, found, False)


_HOSTS: dict[str, Lockstep] = {}
_POLICIES: dict[str, Policy] = {}


def play(job: SteeringJob) -> Row:
    """Run one episode in lockstep (in a worker process)."""
    setup = one_try(load_setup(job.robot))
    host = _HOSTS.setdefault(job.robot, Lockstep(setup))
    policy = _POLICIES.setdefault(job.policy, load_policy(job.policy, setup.robot))
    suite = SUITES[job.suite]

    def sabotage() -> None:
        for fault in suite.faults:
            host.sim.inject(fault)

    used = Used(sabotage)
    host.setup, host.tap = arranged(setup, job.arm, host.sim), used
    if suite.pushes is not None:
        policy = PerturbedPolicy(policy, suite.pushes)
    began = time.perf_counter()
    result = host.run(EpisodePlan(job.task, job.seed, dict(suite.overrides)), policy)
    return {
        'policy': job.policy, 'suite': suite.name, 'arm': job.arm.name, 'seed': job.seed,
        'task': job.task, 'success': result.success, 'code': result.code.name,
        'duration': result.duration, 'wall': time.perf_counter() - began, **used.summary(),
    }  # fmt: skip


def one_try(setup: Setup) -> Setup:
    """A single attempt, and no monitors but the verifier."""
    terms = replace(setup.supervisor, attempts=1, attempt_timeout=TRY)
    return replace(setup.without_monitors(), supervisor=terms)


def arranged(setup: Setup, arm: SteeringArm, sim: SimWorld) -> Setup:
    """The set-up with the arm's chooser."""
    params = arm.params
    robot, shield = setup.robot, setup.shield

    def chooser() -> Verifier:
        if arm.chooser == 'random':
            return RandomOfMany(params, robot, shield)
        made = Verifier(params, robot, shield, time.perf_counter)
        if arm.chooser == 'oracle':
            made.stage_b = BestOfMany(params, robot, Branch(sim))
        return made

    host = replace(setup.host, candidates=arm.count)
    return replace(setup, host=host, verifier=None if arm.chooser == 'first' else chooser)


class Used:
    """Counts verdicts, refusals and their times; calls `begin` when the policy begins to act."""

    def __init__(self, begin: Callable[[], Any]) -> None:
        self._begin, self._has_begun = begin, False
        self.times: dict[str, list[float]] = {'stage A': [], 'stage B': []}  # s
        self.verdicts = self.refused = self.late = 0

    def __call__(self, stream: str, record: Any, now: float) -> None:
        if stream == 'status' and record.phase == Phase.RUNNING and not self._has_begun:
            self._has_begun = True
            self._begin()
        if stream != 'verdict':
            return
        self.verdicts += 1
        self.refused += not record.has_chosen
        self.late += record.timed_out
        self.times.setdefault(record.verifier[:7], []).append(record.used)

    def summary(self) -> Row:
        """The part of a row."""
        return {
            'verdicts': self.verdicts, 'refused': self.refused, 'late': self.late,
            'stage_b': len(self.times['stage B']),
            'stage_b_ms': [round(1e3 * t, 1) for t in self.times['stage B']],
        }  # fmt: skip
