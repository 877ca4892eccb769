"""The verifier: selects the candidate to execute, or none.

Do What You Say (arXiv 2510.16281): the outcomes of the candidates for one plan step are predicted,
and the first that achieves the step is executed. Here in two stages; without an acceptable
candidate it waits for new samples, and votes HOLD after `patience` inferences.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from vla_core.records.action import ActionChunk
from vla_core.records.alignment import NONE, AlignmentVerdict
from vla_core.records.safety import Level, SafetyVote
from vla_core.robot.config import RobotConfig
from vla_monitor.steering.corrections import Corrections, SpokenCorrection, agreement
from vla_monitor.steering.inputs import VerifierInputs
from vla_monitor.steering.params import VerifierParams, ranks
from vla_monitor.steering.stage_a import QuickCheck, StageA, VerifierMoment
from vla_monitor.steering.stage_b import Pick, SimulationSource, StageB
from vla_shield.params import ShieldParams

__all__ = ['Verifier', 'VerifierParams']
VOTER = 'verifier'
CLOSE_AT = 0.03  # m, a commanded opening below this is a grip command
HINT = 0.3  # largest score bonus for agreement with a hint
Choice = tuple[ActionChunk | None, AlignmentVerdict]


def _no_clock() -> float:
    return 0.0


class Verifier:
    """Chooses candidates and votes; times are ROS time in s, `clock` measures the budget."""

    def __init__(
        self,
        params: VerifierParams,
        robot: RobotConfig,
        shield: ShieldParams,
        clock: Callable[[], float] = _no_clock,
        source: SimulationSource | None = None,
    ) -> None:
        self.params, self.robot = params, robot
        self.inputs = VerifierInputs(params, robot)
        self.stage_a = StageA(params, robot, shield)
        self.stage_b = StageB(params, robot, source)
        self.corrections = Corrections(params, robot.gripper)
        self.remark = ''  # why the last correction was refused; empty when accepted
        self._clock = clock
        self._refused = 0  # inferences in a row without an accepted candidate
        self._reason = ''  # of the last refusal
        self._last: ActionChunk | None = None  # last chunk passed on
        self._votes = 0
        self._unpublished: list[AlignmentVerdict] = []

    def observe(self, topic: str, record: Any, now: float) -> None:
        """Process a record."""
        if topic == 'joint_states':
            before = self.inputs.newest()
            if self.inputs.on_joints(record):
                self.stage_a.dry_run.forget()
            newest = self.inputs.newest()
            if newest is not None and newest is not before:
                self.stage_a.dry_run.on_joints(*newest)
        elif topic == 'scene':
            self.inputs.on_scene(record)
            self.stage_a.dry_run.on_scene(record)
        elif topic == 'status':
            if self.inputs.on_status(record):
                self.corrections.clear()
                self._refused, self._last = 0, None
        elif topic == 'corrections':
            self.remark = self.corrections.put(record, self.inputs.task_id, now)

    def on_clock_jump(self) -> None:
        """Discard what has a stamp."""
        self._last = None
        self.inputs.clear()
        self.corrections.clear()
        self.stage_a.dry_run.forget()

    def choose(self, chunks: tuple[ActionChunk, ...], now: float) -> Choice:
        """Return the chunk to execute, or None, and the verdict."""
        began = self._clock()
        correction = self.corrections.at(now)
        if correction is not None and not correction.is_hint:
            chunk = self.corrections.chunk(correction, chunks[0], self._commanded_opening(now))
            return self._pass(chunk), self._verdict(chunks, 0, 'a person', began)
        if not self.params.is_on:
            return self._pass(chunks[0]), self._verdict(chunks, 0, 'off', began)
        present = self.inputs.present(chunks[0].stamp, chunks[0].task_id)
        if isinstance(present, str):
            return self._refuse(chunks, present, began)
        checks = self.stage_a.evaluate(chunks, present)
        scores = np.array([check.score.value for check in checks]) + self._hints(
            correction, checks
        )
        pick, stage = self._pick(checks, scores, present, now, began)
        if pick.chosen == NONE:
            return self._refuse(chunks, f'{stage}: {pick.reason}', began, pick)
        verdict = self._verdict(chunks, pick.chosen, stage, began, pick)
        return self._pass(chunks[pick.chosen]), verdict

    def _pick(
        self,
        checks: tuple[QuickCheck, ...],
        scores: np.ndarray,
        present: VerifierMoment,
        now: float,
        began: float,
    ) -> tuple[Pick, str]:
        """Return the choice, and the stage that made it."""
        best = self._best(checks, scores)
        if best == NONE:
            worst = checks[int(np.argmax(scores))].score.reason
            return Pick(NONE, scores, False, worst), 'stage A'
        if not self.stage_b.is_needed(checks):
            return Pick(best, scores, False), 'stage A'
        budget, clock = self.params.twin.budget, self._clock
        pick = self.stage_b.pick(
            checks, scores, present, self._commanded_opening(now), lambda: clock() - began > budget
        )
        return pick, 'stage B'

    def outputs(self, now: float) -> list[tuple[str, Any]]:
        """Return the verdicts since the last call."""
        correction, self._unpublished = self._unpublished, []
        return [('verdict', verdict) for verdict in correction]

    def vote(self, now: float) -> SafetyVote:
        """Return HOLD after more than `patience` refusals in a row, else RUN."""
        must_hold = self.inputs.is_running and self._refused > self.params.patience
        self._votes += 1
        return SafetyVote(
            stamp=now,
            voter=VOTER,
            seq=self._votes,
            level=Level.HOLD if must_hold else Level.RUN,
            speed_scale=0.0 if must_hold else 1.0,
            ttl=self.params.vote_ttl,
            task_id=self.inputs.task_id,
            reasons=(f'no candidate achieves the plan step: {self._reason}',) if must_hold else (),
        )

    def _best(self, checks: tuple[QuickCheck, ...], scores: np.ndarray) -> int:
        """Return the best faultless candidate; the first unless another leads by `margin`."""
        good = [k for k, check in enumerate(checks) if not check.score.is_faulty]
        return max(good, key=lambda k: ranks(scores, self.params)[k]) if good else NONE

    def _hints(
        self, correction: SpokenCorrection | None, checks: tuple[QuickCheck, ...]
    ) -> np.ndarray:
        """Return the score bonus of each candidate for agreement with a hint."""
        if correction is None:
            return np.zeros(len(checks))
        travels = [
            check.path.positions[-1] - check.path.positions[0] if check.path else np.zeros(3)
            for check in checks
        ]
        return HINT * np.array([agreement(correction, travel) for travel in travels])

    def _commanded_opening(self, now: float) -> float:
        """m, the opening of the executed chunk, so that a held object stays held."""
        gripper = self.robot.gripper
        newest, last = self.inputs.newest(), self._last
        opening = newest[2] if newest else gripper.open_width
        if last is not None and 'gripper' in last.names:
            row = int(np.clip((now - last.start) / last.step, 0, last.horizon - 1))
            opening = float(last.values[row, last.names.index('gripper')])
        return gripper.closed_width if opening < CLOSE_AT else opening

    def _pass(self, chunk: ActionChunk) -> ActionChunk:
        self._refused, self._last = 0, chunk
        return chunk

    def _refuse(
        self,
        chunks: tuple[ActionChunk, ...],
        reason: str,
        began: float,
        pick: Pick | None = None,
    ) -> Choice:
        self._refused += 1
        self._reason = reason
        return None, self._verdict(chunks, NONE, reason, began, pick)

    def _verdict(
        self,
        chunks: tuple[ActionChunk, ...],
        chosen: int,
        verifier: str,
        began: float,
        pick: Pick | None = None,
    ) -> AlignmentVerdict:
        first = chunks[0]
        verdict = AlignmentVerdict(
            stamp=first.stamp,
            task_id=first.task_id,
            seq=first.seq,
            plan_step=first.plan_step,
            chosen=chosen,
            scores=pick.scores if pick else np.zeros(len(chunks)),
            verifier=verifier,
            budget=self.params.twin.budget,
            used=self._clock() - began,
            timed_out=pick.timed_out if pick else False,
        )
        self._unpublished.append(verdict)
        return verdict
