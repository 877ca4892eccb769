"""One simulated scene before perception: the grounded scene against the simulator's truth."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from vla_core.records.scene import GroundedObject, GroundedScene, Role, TargetStatus
from vla_core.records.sensing import JointState, RgbdFrame
from vla_lockstep.stack import load_setup
from vla_perception.grounder import Grounder
from vla_sim.scenes.episode import Episode, SceneObject
from vla_sim.scenes.furniture import HANDLE_HEIGHT, HANDLE_OUT, PANEL
from vla_sim.world import SimWorld

FRAMES = 3  # per scene; one is not enough to call an object absent
FRAME_PERIOD = 0.1  # s
NEAR = 0.06  # m, largest distance at which a perceived object is matched to a true one
OBSTACLES = ('housing', 'front')  # parts of a drawer that are not objects of the episode
View = tuple[RgbdFrame, JointState, float]  # picture, joint states, s of simulated time


@dataclass(frozen=True)
class GroundingTrial:
    """Which scene."""

    task: str
    seed: int
    kind: str = ''  # '', 'absent' or 'ambiguous'


@dataclass
class GroundingOutcome:
    """Errors of perception in one scene."""

    status: TargetStatus
    is_target_right: bool = False  # the object given the role of target is the one named
    objects: int = 0
    right_shapes: int = 0
    right_colours: int = 0
    spurious: int = 0  # perceived objects that match no true one
    position_errors: list[float] = field(default_factory=list)  # m in x and y, free objects
    box_errors: list[float] = field(default_factory=list)  # m in x and y, open boxes
    part_errors: list[float] = field(default_factory=list)  # m in x and y, buttons and handles
    yaw_errors: list[float] = field(default_factory=list)  # rad, cubes
    latencies: list[float] = field(default_factory=list)  # s of CPU time


def measure(
    trials: list[GroundingTrial], robot: str = 'ur5e', tick: Callable[[], object] = bool
) -> list[GroundingOutcome]:
    """The outcome of each trial; `tick` is called after each."""
    setup = load_setup(robot)
    sim = SimWorld(setup.robot, setup.scene)
    outcomes = []
    for trial in trials:
        episode = reset(sim, trial)
        grounder = Grounder(setup.perception, setup.robot)
        grounder.set_task('bench', episode.instruction)
        latencies = []
        for frame, joints, now in views(sim, setup.perception.camera):
            began = time.process_time()
            scene = grounder.update(frame, joints, now)
            latencies.append(time.process_time() - began)
        outcome = compare(scene, episode, sim)
        outcome.latencies = latencies
        outcomes.append(outcome)
        tick()
    sim.close()
    return outcomes


def reset(sim: SimWorld, trial: GroundingTrial) -> Episode:
    return sim.reset(trial.task, trial.seed, **({trial.kind: True} if trial.kind else {}))


def views(sim: SimWorld, camera: str) -> Iterator[View]:
    """FRAMES pictures, FRAME_PERIOD apart; the simulation runs on in between."""
    for _ in range(FRAMES):
        for _ in range(round(FRAME_PERIOD / sim.scene.timestep)):
            sim.step()
        yield sim.render(camera), sim.joint_state(), sim.time


def compare(scene: GroundedScene, episode: Episode, sim: SimWorld) -> GroundingOutcome:
    """The differences between the grounded scene and the truth."""
    outcome = GroundingOutcome(scene.target_status, objects=len(episode.things))
    outcome.is_target_right = is_target(scene.by_role(Role.TARGET), episode, sim)
    left = list(scene.objects)
    for item in episode.things:
        true = touched(item, sim)
        seen = min(left, key=lambda o: _distance(o, true, item), default=None)
        if seen is None or not np.linalg.norm(seen.position[:2] - true[:2]) <= NEAR:
            continue
        left.remove(seen)
        outcome.right_shapes += seen.shape == item.shape
        outcome.right_colours += seen.colour == item.colour
        _measure(outcome, seen, item, true)
    outcome.spurious = sum(o.shape not in OBSTACLES for o in left)
    return outcome


def is_target(found: GroundedObject | None, episode: Episode, sim: SimWorld) -> bool:
    """True when of all true objects the named one is nearest to `found`, and near."""
    if found is None:
        return False
    far = [_distance(found, touched(item, sim), item) for item in episode.things]
    nearest = int(np.argmin(far))
    return far[nearest] <= NEAR and episode.things[nearest].role == Role.TARGET


def touched(item: SceneObject, sim: SimWorld) -> np.ndarray:
    """(3,) m, the point that perception reports: centre, top of a button, handle of a drawer."""
    body = sim.data.body(item.name)
    if item.shape == 'button':
        return body.xpos + [0.0, 0.0, item.size[2] / 2]
    if item.shape == 'drawer':
        part = sim.data.body(f'{item.name}_part')
        bar = [-PANEL - HANDLE_OUT, 0.0, HANDLE_HEIGHT - item.size[2] / 2]
        return part.xpos + part.xmat.reshape(3, 3) @ bar
    return body.xpos.copy()


def _distance(seen: GroundedObject, true: np.ndarray, item: SceneObject) -> float:
    far = float(np.linalg.norm(seen.position - true))
    return far if seen.shape == item.shape else far + 0.02


def _measure(
    outcome: GroundingOutcome, seen: GroundedObject, item: SceneObject, true: np.ndarray
) -> None:
    error = float(np.linalg.norm(seen.position[:2] - true[:2]))
    if item.is_free:
        outcome.position_errors.append(error)
    elif item.shape == 'box':
        outcome.box_errors.append(error)
    else:
        outcome.part_errors.append(error)
    if item.shape == 'cube':
        quarter = np.pi / 2
        outcome.yaw_errors.append(abs((seen.yaw - item.yaw + quarter / 2) % quarter - quarter / 2))
