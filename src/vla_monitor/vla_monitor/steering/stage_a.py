"""The quick look at every candidate: kinematics, the shield's dry run, and the plan step's own
geometry."""

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
from vla_monitor.steering.dry_run import DryRun, DryRunResult
from vla_monitor.steering.goal import StepGoal, goal_of
from vla_monitor.steering.judge import Score, judge
from vla_monitor.steering.kinematic_prediction import KinematicPrediction, is_holding
from vla_monitor.steering.outcome import OutcomeMoment
from vla_monitor.steering.params import VerifierParams
from vla_monitor.steering.path import JointPath, ToolPath, joint_paths, tool_path
from vla_shield.params import ShieldParams

Here = tuple[Array, float]  # (4, 4) base_from_tcp and m, opening


@dataclass(frozen=True)
class VerifierMoment:
    """Where everything is at the stamp of the candidates."""

    q: Array  # (n,) rad
    opening: float  # m
    scene: GroundedScene
    first: Array | None  # (3,) m, base_link, target when the attempt began


@dataclass(frozen=True)
class QuickCheck:
    """What stage A found out about one candidate."""

    score: Score
    path: ToolPath | None = None
    joints: JointPath | None = None
    purpose: StepGoal | None = None

    @property
    def is_playable(self) -> bool:
        """True when a twin can play it and stage A has nothing against it."""
        return bool(self.path and self.joints and self.purpose) and not self.score.is_faulty


class StageA:
    """Holds the models; `look` is a pure function of its arguments and of what was heard."""

    def __init__(self, params: VerifierParams, robot: RobotConfig, shield: ShieldParams) -> None:
        self.params = params
        self.model = RobotModel(robot)
        self.dry_run = DryRun(params.dry_run, shield, robot)

    def look(
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
            self._first_look(paths[k], purposes[chunks[k].plan_step], sound[k])
            for k in range(len(chunks))
        ]
        left = [k for k, look in enumerate(first) if look is None]
        if not left:
            return tuple(look for look in first if look is not None)
        walks = self._walks([paths[k] for k in left], present.q)
        around, here = self.dry_run.around(present.q), (base_from_tcp, present.opening)
        for k, joints in zip(left, walks, strict=True):
            path, purpose = paths[k], purposes[chunks[k].plan_step]
            assert path is not None
            assert not isinstance(purpose, str)
            trial = self.dry_run.try_out(path, joints, present.q, around)
            score = self._score(path, here, purpose, trial)
            first[k] = QuickCheck(score, path, joints, purpose)
        return tuple(look for look in first if look is not None)

    def _first_look(
        self, path: ToolPath | None, purpose: StepGoal | str | None, is_sound: bool
    ) -> QuickCheck | None:
        """What can be said without a model; None: nothing yet."""
        if not is_sound:
            return QuickCheck(Score(0.0, 'it is not finite'))
        if isinstance(purpose, str):
            return QuickCheck(Score(0.0, purpose))
        return (
            QuickCheck(Score(self.params.judge.neutral)) if path is None else None
        )  # moves no tool

    def _walks(self, paths: list[ToolPath | None], q: Array) -> list[JointPath]:
        """Joints of all paths; those of one length are solved together."""
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
            return Score(p.neutral * (1.0 - trial.change))  # nothing to hold it against
        outcome = KinematicPrediction(purpose, moment_of(here, purpose), path.step).of(path)
        return judge(outcome, purpose, trial.change, p)


def _purpose(text: str, present: VerifierMoment) -> StepGoal | str | None:
    """The purpose of a step; None when the policy states none that can be read, and a reason when
    it names what is not meant."""
    try:
        step = parse_step(text)
    except ValueError:
        return None
    try:
        return goal_of(step, present.scene, present.first)
    except ValueError as error:
        return str(error)


def moment_of(here: Here, purpose: StepGoal) -> OutcomeMoment:
    """Return the present moment, as perceived."""
    base_from_tcp, opening = here
    tcp, yaw, thing = base_from_tcp[:3, 3], float(geometry.yaw(base_from_tcp)), purpose.thing
    if thing is None:
        return OutcomeMoment(tcp, yaw, opening, tcp, False)
    return OutcomeMoment(tcp, yaw, opening, thing.position, is_holding(tcp, yaw, opening, thing))
