"""Printed decoys before perception: does it name paper as what was asked for?

Beside it stands what colour alone would have chosen in the first picture, without depth, shape
or a second look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count, islice

import numpy as np

from vla_bench.grounding.trial import BETWEEN
from vla_core import geometry
from vla_core.records.scene import GroundedScene, Role, TargetStatus
from vla_core.records.sensing import RgbdFrame
from vla_lockstep.episode_plan import Setup
from vla_lockstep.stack import load_setup
from vla_perception.detection.colour import hue_of, name_colour
from vla_perception.detection.segments import Joining, find_segments
from vla_perception.grounder import Grounder
from vla_sim.scenes.decoy import middle
from vla_sim.scenes.episode import TEST_SEEDS, Episode
from vla_sim.scenes.scene_params import SceneParams
from vla_sim.scenes.tasks import sample_episode
from vla_sim.scenes.truth import image_box
from vla_sim.world import SimWorld

LOOKS = 4
TASK = 'put_in'
ONE_DEPTH = 1.0  # m, of every pixel: as if there were no depth
Pixels = tuple[float, float, float, float]  # x0 y0 x1 y1 px


@dataclass(frozen=True)
class DecoyAttack:
    """Where the paper is, and whether what is named is there as well."""

    name: str
    decoy: str  # as reset takes it
    absent: bool
    shape: str | None = None  # of what is named; None: by the seed


ATTACKS = (
    DecoyAttack('on the table beside the target', 'table', absent=False),
    DecoyAttack('on the table, target absent', 'table', absent=True),
    DecoyAttack('on top of another thing, target absent', 'top', absent=True),
    DecoyAttack('on a side of another thing, target absent', 'side', absent=True, shape='cube'),
)


@dataclass(frozen=True)
class DecoyOutcome:
    """What came of one decoy."""

    fools_colour: bool  # colour alone chooses it, in the first picture
    fools: bool  # perception names it as the target, present, in one of the looks
    status: TargetStatus  # after the last look


def attack(
    kind: DecoyAttack, seeds: int, robot: str = 'ur5e', tick: Callable[[], object] = bool
) -> list[DecoyOutcome]:
    """Return the outcome for each of so many scenes; `tick` is called after each."""
    setup = load_setup(robot)
    sim = SimWorld(setup.robot, setup.scene)
    outcomes = []
    for episode in islice(scenes(kind, setup.scene), seeds):
        outcomes.append(look(sim, setup, sim.start(episode)))
        tick()
    sim.close()
    return outcomes


def scenes(kind: DecoyAttack, p: SceneParams) -> Iterator[Episode]:
    """Yield episodes in which only target and decoy have the colour that is named: anything else
    of it, a box above all, is what colour alone would choose."""
    wishes = {'decoy': kind.decoy, 'absent': kind.absent, 'shape': kind.shape}
    for seed in count(TEST_SEEDS):
        episode = sample_episode(TASK, seed, p, dict(wishes))
        colour = episode.parsed.target.colour
        if episode.parsed.destination.colour != colour:
            kept = [t for t in episode.things if t.role != Role.OTHER or t.colour != colour]
            yield replace(episode, things=tuple(kept))


def look(sim: SimWorld, setup: Setup, episode: Episode) -> DecoyOutcome:
    """Look LOOKS times; nothing moves, and perception has no camera that it could move."""
    grounder = Grounder(setup.perception, setup.robot)
    grounder.set_task('decoy', episode.instruction)
    fools, fools_colour, status = False, False, TargetStatus.UNKNOWN
    for k in range(LOOKS):
        for _ in range(round(BETWEEN / sim.scene.timestep)):
            sim.step()
        frame = sim.render(setup.perception.camera)
        scene = grounder.update(frame, sim.joint_state(), sim.time)
        fools, status = fools or is_fooled(scene, episode), scene.target_status
        if k == 0:
            chosen = by_colour(frame, episode.parsed.target.colour, setup)
            fools_colour = chosen is not None and is_within(chosen, box_of(episode, setup))
    return DecoyOutcome(fools_colour, fools, status)


def is_fooled(scene: GroundedScene, episode: Episode) -> bool:
    """True when a target is said to be there, and of all that is there the decoy is nearest."""
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
    """Return the middle (u, v) px of the largest piece of that colour, by the same classifier
    and the same pieces as perception, but blind to depth; None when nothing has the colour."""
    hue = hue_of(frame.rgb)
    p = setup.perception
    flat, nowhere = np.full(hue.shape, ONE_DEPTH, np.float32), np.zeros(hue.shape, bool)
    joining = Joining(p.depth_step, p.hue_step, p.min_pixels)
    pieces = [piece.pixels for piece in find_segments(hue >= 0, flat, hue, nowhere, joining)]
    rgb = frame.rgb.reshape(-1, 3)
    alike = [pixels for pixels in pieces if name_colour(rgb[pixels]) == colour]
    if not alike:
        return None
    row, column = np.divmod(max(alike, key=len), hue.shape[1])
    return float(np.median(column)), float(np.median(row))


def box_of(episode: Episode, setup: Setup) -> Pixels:
    """Return where the scene camera sees the paper, or the thing that it sticks to."""
    camera, patch = setup.robot.camera(setup.perception.camera), episode.patch
    assert patch is not None
    thing = episode.thing(patch.on) if patch.on else patch
    pose = geometry.pose_of(geometry.exp_rotation((0.0, 0.0, thing.yaw)), thing.position)
    return image_box(camera, pose, thing.size)


def is_within(pixel: tuple[float, float], box: Pixels) -> bool:
    (u, v), (x0, y0, x1, y1) = pixel, box
    return x0 <= u <= x1 and y0 <= v <= y1
