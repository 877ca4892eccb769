"""One look at a simulated scene: what perception says beside what is true."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from vla_core.records.scene import GroundedObject, GroundedScene, TargetStatus
from vla_lockstep.stack import load_setup
from vla_perception.grounder import Grounder
from vla_sim.scenes.episode import Episode, SceneObject
from vla_sim.scenes.furniture import HANDLE_HEIGHT, HANDLE_OUT, PANEL
from vla_sim.world import SimWorld

LOOKS = 3  # frames; the first is not enough to be sure that something is absent
BETWEEN = 0.1  # s, from look to look
NEAR = 0.06  # m, what is perceived farther from a thing is not that thing
OBSTACLES = ('housing', 'front')  # parts of a drawer that no Thing stands for


@dataclass(frozen=True)
class GroundingTrial:
    """Which scene to look at."""

    task: str
    seed: int
    kind: str = ''  # '', 'absent' or 'ambiguous'


@dataclass
class GroundingOutcome:
    """How perception did in one scene."""

    status: TargetStatus
    things: int = 0
    right_shapes: int = 0
    right_colours: int = 0
    invented: int = 0
    position_errors: list[float] = field(default_factory=list)  # m in x and y, things to carry
    box_errors: list[float] = field(default_factory=list)  # m in x and y, open boxes
    part_errors: list[float] = field(default_factory=list)  # m in x and y, buttons and handles
    yaw_errors: list[float] = field(default_factory=list)  # rad, cubes
    latencies: list[float] = field(default_factory=list)  # s of processor time


def look(
    trials: list[GroundingTrial], robot: str = 'ur5e', tick: Callable[[], object] = bool
) -> list[GroundingOutcome]:
    """Return the outcome of each trial; `tick` is called after each."""
    setup = load_setup(robot)
    sim = SimWorld(setup.robot, setup.scene)
    outcomes = []
    for trial in trials:
        wishes = {trial.kind: True} if trial.kind else {}
        episode = sim.reset(trial.task, trial.seed, **wishes)
        grounder = Grounder(setup.perception, setup.robot)
        grounder.set_task('bench', episode.instruction)
        latencies = []
        for _ in range(LOOKS):
            for _ in range(round(BETWEEN / sim.scene.timestep)):
                sim.step()
            frame, joints = sim.render(setup.perception.camera), sim.joint_state()
            began = time.process_time()
            scene = grounder.update(frame, joints, sim.time)
            latencies.append(time.process_time() - began)
        outcome = compare(scene, episode, sim)
        outcome.latencies = latencies
        outcomes.append(outcome)
        tick()
    sim.close()
    return outcomes


def compare(scene: GroundedScene, episode: Episode, sim: SimWorld) -> GroundingOutcome:
    """Return how the scene differs from what is there."""
    outcome = GroundingOutcome(scene.target_status, things=len(episode.things))
    left = list(scene.objects)
    for thing in episode.things:
        true = touched(thing, sim)
        seen = min(left, key=lambda o: _distance(o, true, thing), default=None)
        if seen is None or not np.linalg.norm(seen.position[:2] - true[:2]) <= NEAR:
            continue
        left.remove(seen)
        outcome.right_shapes += seen.shape == thing.shape
        outcome.right_colours += seen.colour == thing.colour
        _measure(outcome, seen, thing, true)
    outcome.invented = sum(o.shape not in OBSTACLES for o in left)
    return outcome


def touched(thing: SceneObject, sim: SimWorld) -> np.ndarray:
    """(3,) m, the point that perception reports: middle, top of a button, bar of a drawer."""
    body = sim.data.body(thing.name)
    if thing.shape == 'button':
        return body.xpos + [0.0, 0.0, thing.size[2] / 2]
    if thing.shape == 'drawer':
        part = sim.data.body(f'{thing.name}_part')
        bar = [-PANEL - HANDLE_OUT, 0.0, HANDLE_HEIGHT - thing.size[2] / 2]
        return part.xpos + part.xmat.reshape(3, 3) @ bar
    return body.xpos.copy()


def _distance(seen: GroundedObject, true: np.ndarray, thing: SceneObject) -> float:
    far = float(np.linalg.norm(seen.position - true))
    return far if seen.shape == thing.shape else far + 0.02


def _measure(
    outcome: GroundingOutcome, seen: GroundedObject, thing: SceneObject, true: np.ndarray
) -> None:
    error = float(np.linalg.norm(seen.position[:2] - true[:2]))
    if thing.is_free:
        outcome.position_errors.append(error)
    elif thing.shape == 'box':
        outcome.box_errors.append(error)
    else:
        outcome.part_errors.append(error)
    if thing.shape == 'cube':
        quarter = np.pi / 2
        outcome.yaw_errors.append(
            abs((seen.yaw - thing.yaw + quarter / 2) % quarter - quarter / 2)
        )
