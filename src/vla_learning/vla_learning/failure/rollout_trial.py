"""One labelled rollout: a policy in lockstep, a disturbance, the ground truth at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from vla_core.records.task import Phase
from vla_learning.failure.rollout_plan import (
    Disturbance,
    TaskKind,
    disturbance,
    other_words,
    paced,
)
from vla_learning.failure.rollout_recorder import ManyCandidates, TraceRecorder
from vla_lockstep.episode_plan import Setup
from vla_lockstep.lockstep import Run
from vla_lockstep.row_log import Row
from vla_lockstep.stack import load_setup
from vla_policy.registry import load_policy
from vla_sim.faults.kinds import Fault, FaultKind
from vla_sim.world import SimWorld

BEGIN_WITHIN = 15.0  # s, from the instruction to the first inference; else there is no rollout


@dataclass(frozen=True)
class RolloutJob:
    """One rollout, as a worker gets it."""

    robot: str
    policy: str
    kind: TaskKind
    seed: int
    causes: tuple[str, ...]
    horizon: float  # s
    candidates: int
    out: str  # folder
    file: str  # in it


_WORLDS: dict[str, tuple[Setup, SimWorld]] = {}
_POLICIES: dict[tuple[str, str], ManyCandidates] = {}


def play(job: RolloutJob) -> Row:
    """Run one rollout (in a worker process) and write its npz."""
    if job.robot not in _WORLDS:
        setup = unsupervised(load_setup(job.robot), job.horizon)
        _WORLDS[job.robot] = setup, SimWorld(setup.robot, setup.scene)
    setup, sim = _WORLDS[job.robot]
    key = (job.robot, job.policy)
    if key not in _POLICIES:
        _POLICIES[key] = ManyCandidates(load_policy(job.policy, setup.robot), job.candidates)
    planned = disturbance(job.kind, job.seed, job.causes)
    setup = replace(setup, host=paced(setup.host, job.seed))
    rollout = Rollout(setup, sim, _POLICIES[key], job, planned)
    rollout.run()
    return rollout.finish()


def unsupervised(setup: Setup, horizon: float) -> Setup:
    """The set-up with one attempt that is not ended early, without monitors."""
    supervisor = setup.supervisor
    patient = replace(supervisor.response, held_patience=60.0, lost_patience=60.0)
    supervisor = replace(supervisor, attempts=1, attempt_timeout=2.0 * horizon, response=patient)
    return replace(setup.without_monitors(), supervisor=supervisor)


class Rollout:
    """One attempt with a disturbance."""

    def __init__(
        self,
        setup: Setup,
        sim: SimWorld,
        policy: ManyCandidates,
        job: RolloutJob,
        planned: Disturbance,
    ) -> None:
        self.job, self.planned, self.sim = job, planned, sim
        self.recorder = TraceRecorder()
        self.episode = sim.reset(job.kind.task, job.seed, **job.kind.overrides)
        self.other = other_words(self.episode) if planned.words else ''
        policy.other_instruction = self.other if planned.words == 'policy' else ''
        self.host = Run(replace(setup, monitors=(self._watch,)), sim, policy, None)
        self.began: float | None = None  # s, when the policy began
        self._todo: list[tuple[float, Callable[[], None]]] = self._faults()

    def _watch(self) -> TraceRecorder:
        return self.recorder

    def _faults(self) -> list[tuple[float, Callable[[], None]]]:
        fault, planned = self.planned.fault, self.planned
        if fault is None:
            return []
        steps = [(planned.at, lambda: self.sim.inject(fault))]
        if np.isfinite(planned.length):
            removal = Fault(FaultKind.NONE)
            steps.append((planned.at + planned.length, lambda: self.sim.inject(removal)))
        return steps

    def run(self) -> None:
        """Play until the task is over, or the horizon."""
        self.host.bring_up()
        words = self.other if self.planned.words == 'all' else self.episode.instruction
        self.host.start_task(words, self.job.seed)
        given = self.sim.time
        while not self._is_over(given):
            self.host.cycle()
            if self.began is None:
                if self._phase() == Phase.RUNNING:
                    self.began = self.sim.time
            else:
                while self._todo and self.sim.time - self.began >= self._todo[0][0]:
                    self._todo.pop(0)[1]()

    def _phase(self) -> Phase:
        return self.host.status.phase if self.host.status else Phase.IDLE

    def _is_over(self, given: float) -> bool:
        if self.began is None:
            return self.host.is_over or self.sim.time - given >= BEGIN_WITHIN
        return self._phase() != Phase.RUNNING or self.sim.time - self.began >= self.job.horizon

    def finish(self) -> Row:
        """Write the npz; return the row of the log. A rollout that never began has no file."""
        job, kept, success = self.job, self.recorder, self.sim.success()
        status, pace = self.host.executive.status, self.host.host
        late = pace.period * (pace.scene_delay + pace.chunk_delay)  # s, from image to chunk
        row: Row = {
            'task': job.kind.name, 'seed': job.seed, 'cause': self.planned.cause,
            'what': describe(self.planned), 'late': round(late, 2),
            'instruction': self.episode.instruction, 'other': self.other,
            'success': success, 'length': len(kept.features),
            'seconds': 0.0 if self.began is None else round(self.sim.time - self.began, 2),
            'phase': status.phase.name, 'text': status.text,
        }  # fmt: skip
        if not kept.features:
            return {**row, 'file': ''}
        trace = kept.trace('', job.kind.name, self.planned.cause, not success)
        trace.save(Path(job.out) / job.file)
        return {**row, 'file': job.file}


def describe(planned: Disturbance) -> str:
    """A short text of the disturbance."""
    if planned.words:
        return f'other instruction: {planned.words}'
    if planned.fault is None:
        return ''
    ends = f' for {planned.length:.1f} s' if np.isfinite(planned.length) else ''
    return f'{planned.fault.kind.value}={planned.fault.amount:.3g} after {planned.at:.1f} s{ends}'
