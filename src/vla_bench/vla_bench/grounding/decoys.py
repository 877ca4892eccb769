"""Printed decoys before perception: is paper taken for the requested object?

The control is the choice by colour alone in the first picture, without depth, shape or a second
frame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count, islice

import numpy as np

from vla_bench.grounding.trial import FRAME_PERIOD
from vla_core import geometry
from vla_core.records.scene import GroundedScene, Role, TargetStatus
from vla_core.records.sensing import RgbdFrame
from vla_lockstep.episode_plan import Setup
from vla_lockstep.stack import load_setup
from vla_perception.detection.colour import hue_of, name_colour
from vla_perception.detection.segments import Joining, find_segments
from vla_perception.grounder import Grounder
from vla_sim.scenes.episode import TEST_SEEDS, Episode
from vla_sim.scenes.printed_patch import middle
from vla_sim.scenes.scene_params import SceneParams
from vla_sim.scenes.tasks import sample_episode
from vla_sim.scenes.true_scene import image_box
from vla_sim.world import SimWorld

FRAMES = 4  # per scene
TASK = 'put_in'
FLAT_DEPTH = 1.0  # m, of every pixel, in place of the measured depth
Pixels = tuple[float, float, float, float]  # x0 y0 x1 y1 px


@dataclass(frozen=True)
class DecoyAttack:
    """Where the paper is, and whether the named object is present as well."""

    name: str
    decoy: str  # as an override of the episode
    absent: bool
    shape: str | None = None  # of the named object; None: by the seed


ATTACKS = (
    DecoyAttack('on the table beside the target', 'table', absent=False),
    DecoyAttack('on the table, target absent', 'table', absent=True),
    DecoyAttack('on top of another object, target absent', 'top', absent=True),
    DecoyAttack('on a side of another object, target absent', 'side', absent=True, shape='cube'),
)


@dataclass(frozen=True)
class DecoyOutcome:
    """Outcome of one decoy."""

    fools_colour: bool  # colour alone chooses it, in the first picture
    fools: bool  # in one of the frames perception reports it as the target, present
    status: TargetStatus  # after the last frame


def attack(
    kind: DecoyAttack, seeds: int, robot: str = 'ur5e', tick: Callable[[], object] = bool
) -> list[DecoyOutcome]:
    """The outcomes in this number of scenes; `tick` is called after each."""
    setup = load_setup(robot)
    sim = SimWorld(setup.robot, setup.scene)
    outcomes = []
    for episode in islice(scenes(kind, setup.scene), seeds):
        outcomes.append(observe(sim, setup, sim.start(episode)))
        tick()
    sim.close()
    return outcomes


def scenes(kind: DecoyAttack, p: SceneParams) -> Iterator[Episode]:
    """Episodes in which only target and decoy have the named colour: colour alone would choose
    anything else of that colour, a box above all."""
    overrides = {'decoy': kind.decoy, 'absent': kind.absent, 'shape': kind.shape}
    for seed in count(TEST_SEEDS):
        episode = sample_episode(TASK, seed, p, dict(overrides))
        colour = episode.parsed.target.colour
        if episode.parsed.destination.colour != colour:
            kept = [t for t in episode.things if t.role != Role.OTHER or t.colour != colour]
            yield replace(episode, things=tuple(kept))


def observe(sim: SimWorld, setup: Setup, episode: Episode) -> DecoyOutcome:
    """Perception on FRAMES pictures of a fixed camera; nothing moves."""
    grounder = Grounder(setup.perception, setup.robot)
    grounder.set_task('decoy', episode.instruction)
    fools, fools_colour, status = False, False, TargetStatus.UNKNOWN
    for k in range(FRAMES):
        for _ in range(round(FRAME_PERIOD / sim.scene.timestep)):
            sim.step()
        frame = sim.render(setup.perception.camera)
        scene = grounder.update(frame, sim.joint_state(), sim.time)
        fools, status = fools or is_fooled(scene, episode), scene.target_status
        if k == 0:
            chosen = by_colour(frame, episode.parsed.target.colour, setup)
            fools_colour = chosen is not None and is_within(chosen, box_of(episode, setup))
    return DecoyOutcome(fools_colour, fools, status)


def is_fooled(scene: GroundedScene, episode: Episode) -> bool:
    """True when a present target is reported and the decoy is nearest to it."""
    target = scene.by_role(Role.TARGET)
    if scene.target_status != TargetStatus.PRESENT or target is None:
        return False
    patch = episode.patch
    on = patch.on if patch else ''
    far = {t.name: np.linalg.norm(t.position - target.position) for t in episode.things}
    far[''] = np.linalg.norm(middle(episode) - target.position)
    nearest = min(far, key=lambda name: float(far[name]))
    return nearest in ('', on)


def by_colour(frame: RgbdFrame, colour: str, setup: Setup) -> tuple[float, float] | None:
    """The centre (u, v) px of the largest segment of that colour, found as perception does but
    without depth; None when nothing has the colour."""
    hue = hue_of(frame.rgb)
    p = setup.perception
    flat, nowhere = np.full(hue.shape, FLAT_DEPTH, np.float32), np.zeros(hue.shape, bool)
    joining = Joining(p.depth_step, p.hue_step, p.min_pixels)
    segments = [segment.pixels for segment in find_segments(hue >= 0, flat, hue, nowhere, joining)]
    rgb = frame.rgb.reshape(-1, 3)
    alike = [pixels for pixels in segments if name_colour(rgb[pixels]) == colour]
    if not alike:
        return None
    row, column = np.divmod(max(alike, key=len), hue.shape[1])
    return float(np.median(column)), float(np.median(row))


def box_of(episode: Episode, setup: Setup) -> Pixels:
    """Where the scene camera sees the paper, or the object that it is attached to."""
    camera, patch = setup.robot.camera(setup.perception.camera), episode.patch
    assert patch is not None
    thing = episode.thing(patch.on) if patch.on else patch
    pose = geometry.pose_of(geometry.exp_rotation((0.0, 0.0, thing.yaw)), thing.position)
    return image_box(camera, pose, thing.size)


def is_within(pixel: tuple[float, float], box: Pixels) -> bool:
    (u, v), (x0, y0, x1, y1) = pixel, box
    return x0 <= u <= x1 and y0 <= v <= y1
