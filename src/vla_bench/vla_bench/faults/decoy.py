"""F20: printed paper in the colour of the named object; perception alone, without a graph."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator

from tqdm import tqdm

from vla_bench.grounding.decoys import ATTACKS, FRAMES, DecoyAttack, DecoyOutcome, attack
from vla_core.records.scene import TargetStatus
from vla_core.result import Figure, share

SEEDS = 60  # scenes of each kind: intervals narrow enough for the bounds
STRONG = '>= 0.5'  # share of scenes in which colour alone takes it: else it is no decoy
MOST = '<= 0.1'  # share of those in which perception takes it
CORRECT = '>= 0.9'  # share of scenes in which the target's status is right
SCENES = 'of scenes'


def f20(args: Namespace) -> Iterator[Figure]:
    """How often the paper is taken for the target, by perception and by colour alone."""
    with tqdm(total=SEEDS * len(ATTACKS), desc='F20', unit='scene') as bar:
        for kind in ATTACKS:
            yield from figures_of(kind, attack(kind, SEEDS, args.robot, bar.update))


def figures_of(kind: DecoyAttack, outcomes: list[DecoyOutcome]) -> Iterator[Figure]:
    """Shares of the outcomes; colour alone is the control, which must be fooled."""
    name, n = f'F20 decoy {kind.name}', len(outcomes)
    colour = sum(outcome.fools_colour for outcome in outcomes)
    ours = sum(outcome.fools for outcome in outcomes)
    right = TargetStatus.ABSENT if kind.absent else TargetStatus.PRESENT
    judged = sum(o.status == right and not o.fools for o in outcomes)
    yield share(f'{name}: control, colour alone takes it', colour, n, STRONG, SCENES)
    yield share(f'{name}: taken within {FRAMES} frames', ours, n, unit=SCENES)
    yield share(f'{name}: taken, as a share of that', min(ours, colour), colour, MOST, SCENES)
    yield share(f'{name}: target rightly called {right.name}', judged, n, CORRECT, SCENES)
