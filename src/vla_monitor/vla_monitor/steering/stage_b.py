"""Stage B, near grips and releases: candidates that passed stage A are simulated in the twin, and
the first that achieves the plan step is chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import mujoco
import numpy as np

from vla_core.frozen import Array
from vla_core.records.alignment import NONE
from vla_core.robot.config import RobotConfig
from vla_monitor.steering.candidate_score import Score, judge
from vla_monitor.steering.goal import StepGoal
from vla_monitor.steering.params import VerifierParams, ranks
from vla_monitor.steering.stage_a import QuickCheck, VerifierMoment
from vla_monitor.steering.twin import Player, TwinStage
from vla_monitor.steering.twin_model import TwinModel

STATE = mujoco.mjtState.mjSTATE_INTEGRATION


class SimulationSource(Protocol):
    """Source of simulations: the twin, or in a benchmark a copy of the simulator."""

    def stage(self, present: VerifierMoment, purpose: StepGoal, commanded: float) -> TwinStage: ...


class TwinSource:
    """Simulations of the perceived scene."""

    def __init__(self, params: VerifierParams, robot: RobotConfig, player: Player) -> None:
        self._twin = TwinModel(robot, params.twin.timestep)
        self._player = player

    def stage(self, present: VerifierMoment, purpose: StepGoal, commanded: float) -> TwinStage:
        """Return a simulation of the perceived state; `commanded` m is the executed opening."""
        data, twin = self._twin.show(present.scene), self._twin
        assert twin.model is not None
        target = twin.body_of(purpose.target) if purpose.target else -1
        others = tuple(twin.body_of(o) for o in purpose.others if o.shape != 'housing')
        stage = TwinStage(twin.model, data, target, others, twin.lead)
        self._player.pose(stage, present.q, present.opening, commanded)
        return stage


@dataclass(frozen=True)
class Pick:
    """Result of the choice between the candidates."""

    chosen: int
    scores: Array  # (k,), of stage A for candidates that were not simulated
    timed_out: bool
    reason: str = ''


class StageB:
    """Simulates and scores candidates."""

    def __init__(
        self, params: VerifierParams, robot: RobotConfig, source: SimulationSource | None = None
    ) -> None:
        self.params = params
        self.player = Player(robot)
        self._source = source or TwinSource(params, robot, self.player)

    def is_needed(self, checks: tuple[QuickCheck, ...]) -> bool:
        """True when there are several candidates and one of them grips or releases soon."""
        events = [
            check.score.event for check in checks if check.purpose and not check.score.is_faulty
        ]
        near = [0.0 <= event <= self.params.twin.event for event in events]
        return self.params.twin.is_on and len(checks) > 1 and any(near)

    def pick(
        self,
        checks: tuple[QuickCheck, ...],
        scores: Array,
        present: VerifierMoment,
        commanded: float,
        is_late: Callable[[], bool],
    ) -> Pick:
        """Return the first candidate, by score (k,) of stage A, without a fault in the twin."""
        ranked = np.argsort(-ranks(scores, self.params), kind='stable')
        order = [int(k) for k in ranked if checks[k].is_playable]
        found, reason = np.array(scores), ''
        if not order:
            return Pick(NONE, found, False, checks[0].score.reason)
        first = checks[order[0]].purpose
        assert first is not None
        stage = self._source.stage(present, first, commanded)
        size = mujoco.mj_stateSize(stage.model, STATE)
        state = np.empty(size)
        mujoco.mj_getState(stage.model, stage.data, state, STATE)
        for k in order:
            mujoco.mj_setState(stage.model, stage.data, state, STATE)
            mujoco.mj_forward(stage.model, stage.data)
            score = self._play(checks[k], stage, present, is_late)
            if score is None:
                return self._out_of_time(checks, scores, found)
            found[k] = score.value
            if not score.is_faulty:
                return Pick(k, found, False)
            reason = reason or score.reason
        return Pick(NONE, found, False, reason)

    def _play(
        self,
        check: QuickCheck,
        stage: TwinStage,
        present: VerifierMoment,
        is_late: Callable[[], bool],
    ) -> Score | None:
        assert check.path is not None
        assert check.joints is not None
        assert check.purpose is not None
        outcome = self.player.play(
            stage, present.q, check.path, check.joints, check.purpose, is_late
        )
        return judge(outcome, check.purpose, 0.0, self.params.judge) if outcome else None

    def _out_of_time(self, checks: tuple[QuickCheck, ...], scores: Array, found: Array) -> Pick:
        """Return the best candidate of stage A that was not simulated, if its score is high."""
        untried = np.where(found == scores, scores, 0.0)
        best = int(np.argmax(untried))
        is_good = not checks[best].score.is_faulty and untried[best] >= self.params.judge.late
        return Pick(
            best if is_good else NONE, found, True, '' if is_good else 'time budget exceeded'
        )
