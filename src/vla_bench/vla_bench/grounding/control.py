"""Controls of `./vla bench grounding`: without the picture or the words, perception must fail.

A picture without colour, the pictures of another scene, the instruction of another scene, and the
object nearest to the tool in place of the named one. Each must miss the claim's bounds on the
status of the target and on the choice of the object.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from tqdm import tqdm

from vla_bench import controls
from vla_bench.grounding.bench import SCENES, STATUS_BOUND, trials_of
from vla_bench.grounding.trial import GroundingTrial, View, is_target, reset, views
from vla_core.records.scene import GroundedObject, GroundedScene, Role, TargetStatus
from vla_core.result import Figure, share
from vla_lockstep.episode_plan import Setup
from vla_lockstep.stack import load_setup
from vla_perception.grounder import Grounder
from vla_sim.scenes.episode import Episode
from vla_sim.world import SimWorld

DEFAULTS = {'seeds': 130}  # the fewest whose interval can meet the claim's bounds: 125
KINDS = {'': TargetStatus.PRESENT, 'absent': TargetStatus.ABSENT}
CLAIM = 'claim'
NEAREST = 'the nearest object, always present'
OTHER_PICTURE = "another scene's picture"
OTHER_WORDS = "another instruction's words"


@dataclass(frozen=True)
class GroundingInput:
    """What perception receives of one scene."""

    views: tuple[View, ...]
    instruction: str


@dataclass(frozen=True)
class ControlOutcome:
    """Whether the status of the target and the choice of the object are right."""

    is_status_right: bool
    is_target_right: bool | None  # None where the target is absent


def run(args: argparse.Namespace) -> int:
    found: dict[str, list[ControlOutcome]] = {}
    setup = load_setup(args.robot)
    sim = SimWorld(setup.robot, setup.scene)
    with tqdm(total=len(KINDS) * args.seeds, desc='controls', unit='scene') as bar:
        for kind in KINDS:
            for name, outcome in play(trials_of(kind, args.seeds), setup, sim, bar.update):
                found.setdefault(name, []).append(outcome)
    sim.close()
    figures = [figure for name, outcomes in found.items() for figure in rates(name, outcomes)]
    return controls.finish('grounding', args.out, figures)


def play(
    trials: list[GroundingTrial], setup: Setup, sim: SimWorld, tick: Callable[[], object]
) -> Iterator[tuple[str, ControlOutcome]]:
    """Every variant on every scene; the first scenes have no other one before them."""
    before: list[tuple[Episode, GroundingInput]] = []
    for trial in trials:
        episode, truth = reset(sim, trial), KINDS[trial.kind]
        own = GroundingInput(tuple(views(sim, setup.perception.camera)), episode.instruction)
        for name, given in variants(own, episode, before).items():
            scene = ground(given, setup)
            target = scene.by_role(Role.TARGET)
            yield name, outcome_of(scene.target_status == truth, target, episode, sim)
            if name == CLAIM:
                is_present = truth == TargetStatus.PRESENT
                yield NEAREST, outcome_of(is_present, nearest(scene, sim), episode, sim)
        before.append((episode, own))
        tick()


def variants(
    own: GroundingInput, episode: Episode, before: list[tuple[Episode, GroundingInput]]
) -> dict[str, GroundingInput]:
    """The claim's input and those of the controls; another scene is one with another target."""
    black = tuple((replace(f, rgb=np.zeros_like(f.rgb)), q, t) for f, q, t in own.views)
    found = {CLAIM: own, 'black picture': replace(own, views=black)}
    target = episode.parsed.target
    others = [given for other, given in before if other.parsed.target != target]
    if others:
        found[OTHER_PICTURE] = replace(own, views=others[-1].views)
        found[OTHER_WORDS] = replace(own, instruction=others[-1].instruction)
    return found


def ground(given: GroundingInput, setup: Setup) -> GroundedScene:
    """The last scene of a new grounder."""
    grounder = Grounder(setup.perception, setup.robot)
    grounder.set_task('control', given.instruction)
    return [grounder.update(frame, joints, now) for frame, joints, now in given.views][-1]


def outcome_of(
    is_status_right: bool, target: GroundedObject | None, episode: Episode, sim: SimWorld
) -> ControlOutcome:
    has_target = episode.by_role(Role.TARGET) is not None
    return ControlOutcome(is_status_right, is_target(target, episode, sim) if has_target else None)


def nearest(scene: GroundedScene, sim: SimWorld) -> GroundedObject | None:
    """The perceived object nearest to the tool."""
    tool = sim.base_from_tcp()[:3, 3]
    return min(scene.objects, key=lambda o: float(np.linalg.norm(o.position - tool)), default=None)


def rates(name: str, outcomes: list[ControlOutcome]) -> list[Figure]:
    """Both shares; a control's bounds are the claim's, negated."""
    chosen = [o.is_target_right for o in outcomes if o.is_target_right is not None]
    bound = STATUS_BOUND if name == CLAIM else STATUS_BOUND.replace('>=', '<')
    right = sum(o.is_status_right for o in outcomes)
    return [
        share(f'{name}: present or absent, rightly called', right, len(outcomes), bound, SCENES),
        share(f'{name}: the named object is the target', sum(chosen), len(chosen), bound, SCENES),
    ]
