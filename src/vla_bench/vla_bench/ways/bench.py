"""`./vla bench ways`: two equally good ways around a post, 70 to 30 in the demonstrations.

The same trunk with a flow decoder, which must take both ways in their shares without touching the
post, and with regression, which cannot: its mean goes through the post, its median one way only.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from vla_bench.ways.arrangement import LEFT
from vla_bench.ways.trial import WaysOutcome, play
from vla_core.arguments import integer
from vla_core.result import Figure, Result, share
from vla_lockstep.campaign import command_line
from vla_policy.decoders.flow import FlowDecoder
from vla_policy.decoders.protocol import Decoder
from vla_policy.decoders.regress import RegressDecoder
from vla_report import figure_table

NAME = 'bench-ways'
OFF, FREE, MUST_HIT, ONE_WAY = '<= 0.05', '<= 0.05', '>= 0.5', '>= 0.95'
OF_PATHS = 'of paths'
DECODERS: dict[str, Decoder] = {
    'flow': FlowDecoder(steps=10, copies=4),
    'regress, mean': RegressDecoder(is_squared=True),
    'regress, median': RegressDecoder(is_squared=False),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add('--seeds', type=integer(1, 100), default=3, help='trainings (default %(default)s)')
    add('--steps', type=integer(1, 10**6), default=2500, help='of each (default %(default)s)')
    add('--scenes', type=integer(1, 10**6), default=400, help='new ones (default %(default)s)')
    add('--samples', type=integer(1, 1000), default=5, help='paths each (default %(default)s)')
    add('--out', type=Path, default=Path(f'out/{NAME}'), help='folder (default %(default)s)')


def run(args: argparse.Namespace) -> int:
    torch.set_num_threads(1)
    made: list[Figure] = []
    for name, decoder in DECODERS.items():
        seeds = tqdm(range(args.seeds), name, leave=False)
        outcomes = [play(decoder, k, args.steps, args.scenes, args.samples) for k in seeds]
        made += figures(name, outcomes)
    result = Result(NAME, command_line(), tuple(made))
    path = result.write(args.out)
    sys.stdout.write('\n'.join([*figure_table.lines(made), f'{path}\n']))
    return 0 if result.ok else 1


def figures(name: str, outcomes: Sequence[WaysOutcome]) -> list[Figure]:
    """Paths that touch the post, and the shares of the ways, of all trainings."""
    hit = np.concatenate([outcome.hit for outcome in outcomes])
    is_left = np.concatenate([outcome.is_left for outcome in outcomes])
    bounds = {'flow': FREE, 'regress, mean': MUST_HIT}
    made = [
        share(f'{name}: touches the post', int(hit.sum()), len(hit), bounds.get(name), OF_PATHS)
    ]
    if len(is_left):
        bound = ONE_WAY if name == 'regress, median' else None
        made.append(share(f'{name}: left', int(is_left.sum()), len(is_left), bound, OF_PATHS))
    if name == 'flow':
        off = [abs(float(outcome.is_left.mean()) - LEFT) for outcome in outcomes]
        made.append(Figure('flow: off the share of the demonstrations, worst training', max(off),
                           OF_PATHS, OFF, len(off)))  # fmt: skip
    return made
