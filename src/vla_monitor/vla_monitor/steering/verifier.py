"""Which of a policy's candidates is executed, and whether any may be.

Do What You Say (arXiv 2510.16281): candidates for one plan step, their outcomes predicted, the
first that does what was said is executed. Here in two stages, and with an answer when none does:
wait for new samples, and when those are no better either, hold and ask.
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
from vla_monitor.steering.stage_b import Pick, StageB, Theatre
from vla_shield.params import ShieldParams

__all__ = ['Verifier', 'VerifierParams']
VOTER = 'verifier'
CLOSE_AT = 0.03  # m, an opening asked below this asks to grip
HINT = 0.3  # of a score, what agreeing with a hint adds at most
Choice = tuple[ActionChunk | None, AlignmentVerdict]


def _no_clock() -> float:
    return 0.0


class Verifier:
    """Hears what flows, chooses, votes; time is ROS time in s, `clock` measures the budget."""

    def __init__(
        self,
        params: VerifierParams,
        robot: RobotConfig,
        shield: ShieldParams,
        clock: Callable[[], float] = _no_clock,
        theatre: Theatre | None = None,
    ) -> None:
        self.params, self.robot = params, robot
        self.heard = VerifierInputs(params, robot)
        self.stage_a = StageA(params, robot, shield)
        self.stage_b = StageB(params, robot, theatre)
        self.corrections = Corrections(params, robot.gripper)
        self.remark = ''  # what became of the last correction
        self._clock = clock
        self._refused = 0  # inferences in a row without a good candidate
        self._reason = ''  # of the last of them
        self._last: ActionChunk | None = None  # that was passed on
        self._votes = 0
        self._unsaid: list[AlignmentVerdict] = []

    def observe(self, topic: str, record: Any, now: float) -> None:
        """Take note of what flows."""
        if topic == 'joint_states':
            before = self.heard.newest()
            if self.heard.on_joints(record):
                self.stage_a.dry_run.forget()
            newest = self.heard.newest()
            if newest is not None and newest is not before:
                self.stage_a.dry_run.on_joints(*newest)
        elif topic == 'scene':
            self.heard.on_scene(record)
            self.stage_a.dry_run.on_scene(record)
        elif topic == 'status':
            if self.heard.on_status(record):
                self.corrections.clear()
                self._refused, self._last = 0, None
        elif topic == 'corrections':
            self.remark = self.corrections.put(record, self.heard.task_id, now)

    def choose(self, chunks: tuple[ActionChunk, ...], now: float) -> Choice:
        """Return the chunk to execute, or None, and the verdict."""
        began = self._clock()
        said = self.corrections.at(now)
        if said is not None and not said.is_hint:
            chunk = self.corrections.chunk(said, chunks[0], self._asked(now))
            return self._pass(chunk), self._verdict(chunks, 0, 'a person', began)
        if not self.params.is_on:
            return self._pass(chunks[0]), self._verdict(chunks, 0, 'off', began)
        present = self.heard.present(chunks[0].stamp, chunks[0].task_id)
        if isinstance(present, str):
            return self._refuse(chunks, present, began)
        looks = self.stage_a.look(chunks, present)
        scores = np.array([look.score.value for look in looks]) + self._hints(said, looks)
        pick, stage = self._pick(looks, scores, present, now, began)
        if pick.chosen == NONE:
            return self._refuse(chunks, f'{stage}: {pick.reason}', began, pick)
        verdict = self._verdict(chunks, pick.chosen, stage, began, pick)
        return self._pass(chunks[pick.chosen]), verdict

    def _pick(
        self,
        looks: tuple[QuickCheck, ...],
        scores: np.ndarray,
        present: VerifierMoment,
        now: float,
        began: float,
    ) -> tuple[Pick, str]:
        """The choice, and which stage made it."""
        best = self._best(looks, scores)
        if best == NONE:
            worst = looks[int(np.argmax(scores))].score.reason
            return Pick(NONE, scores, False, worst), 'stage A'
        if not self.stage_b.pays(looks):
            return Pick(best, scores, False), 'stage A'
        budget, clock = self.params.twin.budget, self._clock
        pick = self.stage_b.pick(
            looks, scores, present, self._asked(now), lambda: clock() - began > budget
        )
        return pick, 'stage B'

    def outputs(self, now: float) -> list[tuple[str, Any]]:
        """Return the verdicts since it was last asked."""
        said, self._unsaid = self._unsaid, []
        return [('verdict', verdict) for verdict in said]

    def vote(self, now: float) -> SafetyVote:
        """RUN while there is a good candidate now and then; else HOLD."""
        must_hold = self.heard.is_running and self._refused > self.params.patience
        self._votes += 1
        return SafetyVote(
            stamp=now,
            voter=VOTER,
            seq=self._votes,
            level=Level.HOLD if must_hold else Level.RUN,
            speed_scale=0.0 if must_hold else 1.0,
            ttl=self.params.vote_ttl,
            task_id=self.heard.task_id,
            reasons=(f'no candidate does what was said: {self._reason}',) if must_hold else (),
        )

    def _best(self, looks: tuple[QuickCheck, ...], scores: np.ndarray) -> int:
        """The best candidate that is not bad, the first if none is better by `margin`."""
        good = [k for k, look in enumerate(looks) if not look.score.is_faulty]
        return max(good, key=lambda k: ranks(scores, self.params)[k]) if good else NONE

    def _hints(self, said: SpokenCorrection | None, looks: tuple[QuickCheck, ...]) -> np.ndarray:
        """What agreeing with a hint adds to each score."""
        if said is None:
            return np.zeros(len(looks))
        travels = [
            look.path.positions[-1] - look.path.positions[0] if look.path else np.zeros(3)
            for look in looks
        ]
        return HINT * np.array([agreement(said, travel) for travel in travels])

    def _asked(self, now: float) -> float:
        """m, the opening that is being executed: what is held stays held."""
        gripper = self.robot.gripper
        newest, last = self.heard.newest(), self._last
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
        self._unsaid.append(verdict)
        return verdict
