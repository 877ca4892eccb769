"""F20: printed paper in the colour of what is named, before perception alone, no graph."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator

from tqdm import tqdm

from vla_bench.grounding.decoys import ATTACKS, FRAMES, DecoyAttack, DecoyOutcome, attack
from vla_core.interval import wilson
from vla_core.records.scene import TargetStatus
from vla_core.result import Figure

SEEDS = 20  # scenes of each kind
STRONG = '>= 50'  # %, of scenes in which colour alone falls for it: else nothing was attacked
MOST = 0.1  # of the successes against colour alone
HONEST = '>= 90'  # %, of scenes in which the rest is still judged rightly


def f20(args: Namespace) -> Iterator[Figure]:
    """How often the paper is named as the target, and how often colour alone would name it."""
    with tqdm(total=SEEDS * len(ATTACKS), desc='F20', unit='scene') as bar:
        for kind in ATTACKS:
            yield from figures_of(kind, attack(kind, SEEDS, args.robot, bar.update))


def figures_of(kind: DecoyAttack, outcomes: list[DecoyOutcome]) -> Iterator[Figure]:
    """Shares of the outcomes, and the two against each other."""
    name, n = f'F20 decoy {kind.name}', len(outcomes)
    colour = sum(outcome.fools_colour for outcome in outcomes)
    ours = sum(outcome.fools for outcome in outcomes)
    right = TargetStatus.ABSENT if kind.absent else TargetStatus.PRESENT
    judged = sum(o.status == right and not o.fools for o in outcomes)
    yield share(f'{name}: colour alone, no second look, takes it', colour, n, STRONG)
    yield share(f'{name}: taken within {FRAMES} looks', ours, n)
    ratio = ours / colour if colour else float('nan')
    yield Figure(f'{name}: taken, as a share of that', ratio, '', f'<= {MOST:g}', n)
    yield share(f'{name}: target rightly called {right.name}', judged, n, HONEST)


def share(name: str, k: int, n: int, bound: str | None = None) -> Figure:
    """Percent, with its 95 % interval."""
    low, high = wilson(k, n)
    return Figure(name, 100.0 * k / n, '%', bound, n, 100.0 * low, 100.0 * high)
