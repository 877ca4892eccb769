"""`./vla bench grounding`: what perception says against what is true, on scenes never trained on.

Positions and turns of things, colours and shapes, whether the target is rightly called present,
absent or ambiguous, and the processor time of one frame. Perception sees only the pictures.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from tqdm import tqdm

from vla_bench.grounding.trial import GroundingOutcome, GroundingTrial, look
from vla_core.errors import UserError
from vla_core.records.scene import TargetStatus
from vla_core.result import Figure, Result

TASKS = ('put_in', 'stack', 'push', 'press', 'open', 'close')
DOUBLED = ('put_in', 'stack', 'push', 'press')  # there is room for one drawer only
FIRST_SEED = 1_000_000  # seeds from here on are for testing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--seeds', type=int, default=60, help='scenes of each kind (default 60)')
    parser.add_argument('--robot', default='ur5e', help='name in config/robots')
    parser.add_argument('--out', type=Path, default=Path('out/bench-grounding'), help='folder')


def run(args: argparse.Namespace) -> int:
    if args.seeds < 1:
        raise UserError(f'--seeds is {args.seeds}, must be at least 1')
    figures: list[Figure] = []
    with tqdm(total=3 * args.seeds, desc='grounding', unit='scene') as bar:
        for kind in ('', 'absent', 'ambiguous'):
            tasks = DOUBLED if kind == 'ambiguous' else TASKS
            trials = [
                GroundingTrial(tasks[k % len(tasks)], FIRST_SEED + k, kind)
                for k in range(args.seeds)
            ]
            outcomes = look(trials, args.robot, bar.update)
            figures += figures_of(outcomes) if not kind else []
            figures.append(status_figure(outcomes, kind or 'present'))
    command = f'./vla bench grounding --seeds {args.seeds} --robot {args.robot}'
    result = Result('bench-grounding', command, tuple(figures))
    path = result.write(args.out)
    sys.stdout.write(table(figures) + f'\n{path}\n')
    return 0 if result.ok else 1


def figures_of(outcomes: list[GroundingOutcome]) -> list[Figure]:
    """Return what can be measured where everything is there."""
    position = 1e3 * np.array([e for o in outcomes for e in o.position_errors])
    box = 1e3 * np.array([e for o in outcomes for e in o.box_errors])
    part = 1e3 * np.array([e for o in outcomes for e in o.part_errors])
    yaw = np.degrees([e for o in outcomes for e in o.yaw_errors])
    latency = 1e3 * np.array([v for o in outcomes for v in o.latencies])
    things = sum(o.things for o in outcomes)
    return [
        _figure('position error, median', position, 0.5, 'mm', '<= 4'),
        _figure('position error, 95 %', position, 0.95, 'mm', '<= 8'),
        _figure('box position error, 95 %', box, 0.95, 'mm', '<= 8'),
        _figure('button and handle position error, 95 %', part, 0.95, 'mm', '<= 8'),
        _figure('cube yaw error, 95 %', yaw, 0.95, 'degrees', '<= 6'),
        _share('right colours', sum(o.right_colours for o in outcomes), things, '>= 99'),
        _share('right shapes', sum(o.right_shapes for o in outcomes), things, '>= 97'),
        Figure('things invented', sum(o.invented for o in outcomes), '', '<= 0', len(outcomes)),
        Figure(
            'processor time of a frame, mean', float(latency.mean()), 'ms', '<= 15', len(latency)
        ),
    ]


def status_figure(outcomes: list[GroundingOutcome], kind: str) -> Figure:
    """Return how often the target was rightly called `kind`."""
    right = sum(o.status == TargetStatus[kind.upper()] for o in outcomes)
    return _share(f'rightly called {kind}', right, len(outcomes), '>= 97')


def _figure(name: str, values: np.ndarray, share: float, unit: str, bound: str) -> Figure:
    value = float(np.quantile(values, share)) if len(values) else float('nan')
    return Figure(name, value, unit, bound, len(values))


def _share(name: str, right: int, n: int, bound: str) -> Figure:
    """Percent, with the 95 % interval of Wilson."""
    p, z = right / max(n, 1), 1.96
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low, high = 100 * max(middle - half, 0.0), 100 * min(middle + half, 1.0)
    return Figure(name, 100 * p, '%', bound, n, low, high)


def table(figures: list[Figure]) -> str:
    """Return the figures as lines of text."""
    return '\n'.join(
        f'{f.name:42} {f.value:8.2f} {f.unit:8} {f.bound or "":8} {"ok" if f.ok else "NOT OK"}'
        for f in figures
    )
