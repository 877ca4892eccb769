"""Demonstrations without physics: the expert's own model of a task, drawn at a few random moments.

A physical demonstration shows one scene thirty times; what a policy that looks lacks is scenes.
Here the tool, what it carries or pushes, a drawer and a button follow the kinematic model that the
expert plans with (experts/rollout.py). The simulator only draws them, with the tool a little off
its path, and the expert says what it does from there.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace

import numpy as np

from vla_core import geometry
from vla_core.frozen import Array
from vla_core.params import check, param
from vla_core.records.scene import GroundedObject, GroundedScene, Role, Verb
from vla_core.records.sensing import Observation
from vla_core.robot.inverse_kinematics import joints_at
from vla_core.robot.model import RobotModel
from vla_learning.data.image_episodes import ImageEpisode, ImageRecorder
from vla_lockstep.episode_plan import EpisodePlan
from vla_policy.experts.rollout import advance
from vla_policy.experts.scripted import ChunkParams, decide, deltas, roll
from vla_policy.objects.memory import Recall
from vla_policy.objects.situation import ObjectState, situation
from vla_policy.tokens.proprioception import HandMemory
from vla_sim.posing import pose_world
from vla_sim.scenes.episode import SceneObject
from vla_sim.scenes.furniture import BUTTON_TRAVEL, DRAWER_TRAVEL, slide_name
from vla_sim.scenes.true_scene import true_scene
from vla_sim.world import SimWorld

TASK_ID = 'drawn'
AFTER = 0.6  # s, of the way back that is drawn
FLOOR = 0.006  # m, of a box
ABOVE = 0.03  # m, from the middle of a button


@dataclass(frozen=True)
class DrawnParams:
    """Which moments are drawn, and how far the tool is off the expert's path."""

    frames: int = param(4, 'moments of an episode', lo=1, hi=100)
    period: float = param(0.2, 's between observations', lo=0.02, hi=1.0)
    longest: float = param(12.0, 's of a task', lo=1.0, hi=60.0)
    elsewhere: float = param(0.4, 'of the episodes begin away from home', lo=0.0, hi=1.0)
    off: float = param(0.75, 'of the moments are off the path', lo=0.0, hi=1.0)
    shift: float = param(0.012, 'm, standard deviation off the path', lo=0.0, hi=0.1)
    turn: float = param(0.12, 'rad, of the yaw off the path', lo=0.0, hi=1.0)
    tilt: float = param(0.03, 'rad, of the tilt off the path', lo=0.0, hi=0.3)

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class Moment:
    """A state of the model, and what the hand remembers before it."""

    time: float  # s
    state: ObjectState
    memory: HandMemory


class Draughtsman:
    """Draws episodes in one simulator."""

    def __init__(self, world: SimWorld, params: DrawnParams | None = None) -> None:
        self.world, self.params = world, params or DrawnParams()
        self._model = RobotModel(world.robot)
        self._recorder = ImageRecorder(world.robot)
        self._chunk = ChunkParams()

    def episode(self, plan: EpisodePlan) -> ImageEpisode:
        """The moments of one episode; ValueError when the arm reaches none of them."""
        episode = self.world.reset(plan.task, plan.seed, **plan.overrides)
        random = np.random.default_rng([plan.seed, 77])
        scene = true_scene(self.world, TASK_ID)
        moments = self._moments(self._start(scene, random), scene)
        count = min(self.params.frames, len(moments))
        self._recorder.begin()
        first = moments[0].state
        for k in sorted(random.choice(len(moments), count, replace=False)):
            moment = moments[k]
            state, pose = self._off_path(moment.state, random)
            joints = self._joints(pose)
            if joints is None:
                continue
            self._place(joints, first, state, episode.things)
            seen = true_scene(self.world, TASK_ID)
            observation = observed(moment.time, state, pose, joints, seen, episode.instruction)
            path, _ = roll(state, self._chunk)
            row = copy.deepcopy(moment.memory).row(observation)
            self._recorder.add(self.world, observation, row, deltas(pose, path, self._chunk))
        return self._recorder.episode()

    def _start(self, scene: GroundedScene, random: np.random.Generator) -> ObjectState:
        """The state before the first motion."""
        pose = self.world.base_from_tcp()
        tcp, yaw = pose[:3, 3].copy(), float(geometry.yaw(pose))
        if random.random() < self.params.elsewhere:
            (x0, x1), (y0, y1) = self.world.scene.area_x, self.world.scene.area_y
            tcp = random.uniform((x0, y0, 0.16), (x1, y1, 0.34))
            yaw = float(random.uniform(-0.6, 0.6))
        home, opening = self.world.robot.home, self.world.robot.gripper.open_width
        given = Observation(
            0.0, TASK_ID, '', scene, home, np.zeros_like(home), geometry.tool_down(tcp, yaw),
            opening, skew=0.0,
        )  # fmt: skip
        target = scene.by_role(Role.TARGET)
        return situation(given, Recall(start=None if target is None else target.position))

    def _moments(self, state: ObjectState, scene: GroundedScene) -> list[Moment]:
        """The expert's path, at the rate of the observations, to shortly after it is done."""
        made: list[Moment] = []
        memory, dt = HandMemory(), self._chunk.step / self._chunk.substeps
        every, done = round(self.params.period / dt), 0.0
        for k in range(round(self.params.longest / dt)):
            if k % every == 0:
                made.append(Moment(k * dt, state, copy.deepcopy(memory)))
                pose = geometry.tool_down(state.tcp, state.yaw)
                memory.row(observed(k * dt, state, pose, self.world.robot.home, scene))
            aim = decide(state)
            done = done + dt if aim.step == 'retreat' else 0.0
            if done > AFTER:
                break
            state = advance(state, aim, dt)
        return made

    def _off_path(
        self, state: ObjectState, random: np.random.Generator
    ) -> tuple[ObjectState, Array]:
        """The state with the tool moved, what it holds with it; and the pose of the tool."""
        p = self.params
        if random.random() >= p.off:
            return state, geometry.tool_down(state.tcp, state.yaw)
        low = state.tcp[2] < 0.06 and not state.is_holding
        shift = (0.4 if low else 1.0) * random.normal(0.0, p.shift, 3)
        shift[2] = abs(shift[2]) if low else shift[2]
        tcp, yaw = state.tcp + shift, state.yaw + random.normal(0.0, p.turn)
        target = state.target
        if target is not None and state.is_holding:
            target = replace(target, position=target.position + shift)
        pose = geometry.tool_down(tcp, yaw)
        tilt = np.r_[random.normal(0.0, p.tilt, 2), 0.0]
        pose[:3, :3] = geometry.exp_rotation(tilt) @ pose[:3, :3]
        return replace(state, tcp=tcp, yaw=float(yaw), target=target), pose

    def _joints(self, pose: Array) -> Array | None:
        """Of the arm with its tip at a pose; None when it does not get there from home."""
        limits = self._model.limits
        return joints_at(self._model, pose, self.world.robot.home, limits.lower, limits.upper)

    def _place(
        self,
        joints: Array,
        first: ObjectState,
        state: ObjectState,
        things: tuple[SceneObject, ...],
    ) -> None:
        """Put the robot and what it moves where the model has them."""
        target = next((obj for obj in things if obj.role == Role.TARGET), None)
        slides: dict[str, float] = {}
        positions: dict[str, Array] = {}
        if target is not None and first.target is not None and state.target is not None:
            if target.shape in ('drawer', 'button'):
                slides[slide_name(target)] = slide_of(target, first.target, state.target, state)
            else:
                positions[target.name] = position_of(first.target, state.target, state)
        pose_world(self.world, joints, state.opening, slides, positions)


def observed(
    time: float, state: ObjectState, pose: Array, joints: Array, scene: GroundedScene,
    instruction: str = '',
) -> Observation:  # fmt: skip
    """What a policy is given of a state, without pictures."""
    return Observation(
        time, TASK_ID, instruction, scene, joints, np.zeros_like(joints), pose, state.opening,
        skew=0.0, tcp_velocity=np.r_[state.velocity, 0.0, 0.0, state.yaw_rate],
    )  # fmt: skip


def slide_of(
    obj: SceneObject, before: GroundedObject, now: GroundedObject, state: ObjectState
) -> float:
    """m, how far a drawer is open, or a button is pressed."""
    if obj.shape == 'button':
        is_above = np.hypot(*(state.tcp[:2] - before.position[:2])) < ABOVE
        depth = before.position[2] - state.tcp[2] if is_above else 0.0
        return float(np.clip(depth, 0.0, BUTTON_TRAVEL))
    axis = np.array([-np.cos(obj.yaw), -np.sin(obj.yaw)])
    way = (now.position - before.position)[:2]
    return float(np.clip(obj.opening * DRAWER_TRAVEL + way @ axis, 0.0, DRAWER_TRAVEL))


def position_of(before: GroundedObject, now: GroundedObject, state: ObjectState) -> Array:
    """(3,) m, of an object that is carried, pushed, or lies on the floor of the box into which it
    was let go."""
    position = np.array(now.position)
    is_let_go = not state.is_holding and bool(np.any(np.abs(position - before.position) > 0.02))
    if is_let_go and state.verb == Verb.PUT_IN and state.destination is not None:
        box = state.destination
        position[2] = box.position[2] - box.size[2] / 2 + FLOOR + before.size[2] / 2
    return position
