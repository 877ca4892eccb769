"""Stage A, for every candidate: kinematic prediction, dry run of the shield, and the geometry of
the plan step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_core import geometry
from vla_core.frozen import Array
from vla_core.records.action import ActionChunk
from vla_core.records.plan_step import parse_step
from vla_core.records.scene import GroundedScene
from vla_core.robot.config import RobotConfig
from vla_core.robot.model import RobotModel
from vla_monitor.steering.candidate_score import Score, judge
from vla_monitor.steering.dry_run import DryRun, DryRunResult
from vla_monitor.steering.goal import StepGoal, goal_of
from vla_monitor.steering.kinematic_prediction import KinematicPrediction, is_holding
from vla_monitor.steering.outcome import OutcomeMoment
from vla_monitor.steering.params import VerifierParams
from vla_monitor.steering.path import JointPath, ToolPath, joint_paths, tool_path
from vla_shield.params import ShieldParams

Here = tuple[Array, float]  # (4, 4) base_from_tcp and m, opening


@dataclass(frozen=True)
class VerifierMoment:
    """State at the stamp of the candidates."""

    q: Array  # (n,) rad
    opening: float  # m
    scene: GroundedScene
    first: Array | None  # (3,) m, base frame, target when the attempt began


@dataclass(frozen=True)
class QuickCheck:
    """Result of stage A for one candidate."""

    score: Score
    path: ToolPath | None = None
    joints: JointPath | None = None
    purpose: StepGoal | None = None

    @property
    def is_playable(self) -> bool:
        """True when the twin can simulate it and stage A found no fault."""
        return bool(self.path and self.joints and self.purpose) and not self.score.is_faulty


class StageA:
    """Holds the models; `evaluate` depends only on its arguments and on the dry run's inputs."""

    def __init__(self, params: VerifierParams, robot: RobotConfig, shield: ShieldParams) -> None:
        self.params = params
        self.model = RobotModel(robot)
        self.dry_run = DryRun(params.dry_run, shield, robot)

    def evaluate(
        self, chunks: tuple[ActionChunk, ...], present: VerifierMoment
    ) -> tuple[QuickCheck, ...]:
        """Return a score for every candidate."""
        base_from_tcp = self.model.fk(present.q)
        texts = {chunk.plan_step for chunk in chunks}
        purposes = {text: _purpose(text, present) for text in texts}
        sound = [bool(np.isfinite(chunk.values).all()) for chunk in chunks]
        paths = [
            tool_path(chunk, self.model, base_from_tcp, present.opening) if is_sound else None
            for chunk, is_sound in zip(chunks, sound, strict=True)
        ]
        first = [
            self._check_without_model(paths[k], purposes[chunks[k].plan_step], sound[k])
            for k in range(len(chunks))
        ]
        left = [k for k, check in enumerate(first) if check is None]
        if not left:
            return tuple(check for check in first if check is not None)
        solved = self._joint_paths([paths[k] for k in left], present.q)
        around, here = self.dry_run.around(present.q), (base_from_tcp, present.opening)
        for k, joints in zip(left, solved, strict=True):
            path, purpose = paths[k], purposes[chunks[k].plan_step]
            assert path is not None
            assert not isinstance(purpose, str)
            trial = self.dry_run.try_out(path, joints, present.q, around)
            score = self._score(path, here, purpose, trial)
            first[k] = QuickCheck(score, path, joints, purpose)
        return tuple(check for check in first if check is not None)

    def _check_without_model(
        self, path: ToolPath | None, purpose: StepGoal | str | None, is_sound: bool
    ) -> QuickCheck | None:
        """Return the result when no model is needed, else None."""
        if not is_sound:
            return QuickCheck(Score(0.0, 'the chunk is not finite'))
        if isinstance(purpose, str):
            return QuickCheck(Score(0.0, purpose))
        return (
            QuickCheck(Score(self.params.judge.neutral)) if path is None else None
        )  # moves no tool

    def _joint_paths(self, paths: list[ToolPath | None], q: Array) -> list[JointPath]:
        """Return the joint paths; paths of equal length are solved as one batch."""
        found: dict[int, JointPath] = {}
        lengths = {len(path.poses) for path in paths if path}
        for length in lengths:
            same = [k for k, path in enumerate(paths) if path and len(path.poses) == length]
            group = tuple(path for path in paths if path and len(path.poses) == length)
            solved = joint_paths(group, self.model, q, self.params.dry_run.stride)
            found.update(zip(same, solved, strict=True))
        return [found[k] for k in range(len(paths))]

    def _score(
        self, path: ToolPath, here: Here, purpose: StepGoal | None, trial: DryRunResult
    ) -> Score:
        p = self.params.judge
        if trial.refusal:
            return Score(0.0, trial.refusal)
        if purpose is None:
            return Score(p.neutral * (1.0 - trial.change))  # no plan step to compare with
        outcome = KinematicPrediction(purpose, moment_of(here, purpose), path.step).of(path)
        return judge(outcome, purpose, trial.change, p)


def _purpose(text: str, present: VerifierMoment) -> StepGoal | str | None:
    """Return the goal of a plan step, None when it cannot be parsed, or a reason when it names
    another object than the task."""
    try:
        step = parse_step(text)
    except ValueError:
        return None
    try:
        return goal_of(step, present.scene, present.first)
    except ValueError as error:
        return str(error)


def moment_of(here: Here, purpose: StepGoal) -> OutcomeMoment:
    """Return the present state, as perceived."""
    base_from_tcp, opening = here
    tcp, yaw, target = base_from_tcp[:3, 3], float(geometry.yaw(base_from_tcp)), purpose.target
    if target is None:
        return OutcomeMoment(tcp, yaw, opening, tcp, False)
    return OutcomeMoment(tcp, yaw, opening, target.position, is_holding(tcp, yaw, opening, target))
