"""The slow look, where it can pay: candidates that passed the quick one are played in the twin,
and the first that does what was said wins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import mujoco
import numpy as np

from vla_core.frozen import Array
from vla_core.records.alignment import NONE
from vla_core.robot.config import RobotConfig
from vla_monitor.steering.goal import StepGoal
from vla_monitor.steering.judge import Score, judge
from vla_monitor.steering.params import VerifierParams, ranks
from vla_monitor.steering.stage_a import QuickCheck, VerifierMoment
from vla_monitor.steering.twin import Player, TwinStage
from vla_monitor.steering.twin_model import TwinModel

STATE = mujoco.mjtState.mjSTATE_INTEGRATION


class Theatre(Protocol):
    """Where candidates are played: the twin, or in a measurement a branch of the simulator."""

    def stage(self, present: VerifierMoment, purpose: StepGoal, asked: float) -> TwinStage: ...


class TwinTheatre:
    """Stages of the perceived scene."""

    def __init__(self, params: VerifierParams, robot: RobotConfig, player: Player) -> None:
        self._twin = TwinModel(robot, params.twin.timestep)
        self._player = player

    def stage(self, present: VerifierMoment, purpose: StepGoal, asked: float) -> TwinStage:
        """Return the present, as perceived; `asked` m is the opening that is being executed."""
        data, twin = self._twin.show(present.scene), self._twin
        assert twin.model is not None
        thing = twin.body_of(purpose.thing) if purpose.thing else -1
        others = tuple(twin.body_of(o) for o in purpose.others if o.shape != 'housing')
        stage = TwinStage(twin.model, data, thing, others, twin.lead)
        self._player.pose(stage, present.q, present.opening, asked)
        return stage


@dataclass(frozen=True)
class Pick:
    """What stage B makes of the candidates."""

    chosen: int
    scores: Array  # (k,), of stage A where the twin was not asked
    timed_out: bool
    reason: str = ''


class StageB:
    """Plays and judges; `clock` measures the budget."""

    def __init__(
        self, params: VerifierParams, robot: RobotConfig, theatre: Theatre | None = None
    ) -> None:
        self.params = params
        self.player = Player(robot)
        self._theatre = theatre or TwinTheatre(params, robot, self.player)

    def pays(self, looks: tuple[QuickCheck, ...]) -> bool:
        """True when there is a choice, and a grip or release is near in one of them."""
        events = [look.score.event for look in looks if look.purpose and not look.score.is_faulty]
        near = [0.0 <= event <= self.params.twin.event for event in events]
        return self.params.twin.is_on and len(looks) > 1 and any(near)

    def pick(
        self,
        looks: tuple[QuickCheck, ...],
        scores: Array,
        present: VerifierMoment,
        asked: float,
        is_late: Callable[[], bool],
    ) -> Pick:
        """Return the first, by rank of the scores (k,) of stage A, that the twin finds good."""
        ranked = np.argsort(-ranks(scores, self.params), kind='stable')
        order = [int(k) for k in ranked if looks[k].is_playable]
        found, reason = np.array(scores), ''
        if not order:
            return Pick(NONE, found, False, looks[0].score.reason)
        first = looks[order[0]].purpose
        assert first is not None
        stage = self._theatre.stage(present, first, asked)
        size = mujoco.mj_stateSize(stage.model, STATE)
        state = np.empty(size)
        mujoco.mj_getState(stage.model, stage.data, state, STATE)
        for k in order:
            mujoco.mj_setState(stage.model, stage.data, state, STATE)
            mujoco.mj_forward(stage.model, stage.data)
            score = self._play(looks[k], stage, present, is_late)
            if score is None:
                return self._out_of_time(looks, scores, found)
            found[k] = score.value
            if not score.is_faulty:
                return Pick(k, found, False)
            reason = reason or score.reason
        return Pick(NONE, found, False, reason)

    def _play(
        self,
        look: QuickCheck,
        stage: TwinStage,
        present: VerifierMoment,
        is_late: Callable[[], bool],
    ) -> Score | None:
        assert look.path is not None
        assert look.joints is not None
        assert look.purpose is not None
        outcome = self.player.play(stage, present.q, look.path, look.joints, look.purpose, is_late)
        return judge(outcome, look.purpose, 0.0, self.params.judge) if outcome else None

    def _out_of_time(self, looks: tuple[QuickCheck, ...], scores: Array, found: Array) -> Pick:
        """What stage A says, if it says it with conviction and the twin has not said otherwise."""
        untold = np.where(found == scores, scores, 0.0)
        best = int(np.argmax(untold))
        is_good = not looks[best].score.is_faulty and untold[best] >= self.params.judge.late
        return Pick(best if is_good else NONE, found, True, '' if is_good else 'out of time')
