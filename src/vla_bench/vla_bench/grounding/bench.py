"""`./vla bench grounding`: perception against the simulator's truth, on test seeds.

Positions and yaw of objects, colours and shapes, whether the target is correctly reported present,
absent or ambiguous, whether the named object is chosen, and the CPU time of one frame. Perception
receives pictures and joint states only. The controls (`control.py`) take the picture or the words
away.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from tqdm import tqdm

from vla_bench.grounding.trial import GroundingOutcome, GroundingTrial, measure
from vla_core.arguments import integer
from vla_core.errors import UserError
from vla_core.records.scene import TargetStatus
from vla_core.result import Figure, Result, clustered, share, time_ratio
from vla_lockstep.campaign import command_line
from vla_report import figure_table
from vla_sim.scenes.episode import TEST_SEEDS

TASKS = ('put_in', 'stack', 'push', 'press', 'open', 'close')
DOUBLED = ('put_in', 'stack', 'push', 'press')  # there is room for one drawer only
KINDS = ('', 'absent', 'ambiguous')
STATUS_BOUND = '>= 0.97'
SCENES = 'of scenes'
TIME_BOUND = '<= 5'  # python_ms


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        '--seeds',
        type=integer(1, 100_000),
        default=400,
        help='scenes of each kind (default %(default)s)',
    )
    add('--robot', default='ur5e', help='name in config/robots (default %(default)s)')
    add('--out', type=Path, default=Path('out/bench-grounding'), help='folder')


def run(args: argparse.Namespace) -> int:
    if args.seeds < 1:
        raise UserError(f'--seeds is {args.seeds}, must be at least 1')
    figures: list[Figure] = []
    with tqdm(total=len(KINDS) * args.seeds, desc='grounding', unit='scene') as bar:
        for kind in KINDS:
            outcomes = measure(trials_of(kind, args.seeds), args.robot, bar.update)
            figures += figures_of(outcomes) if not kind else []
            figures.append(status_figure(outcomes, kind or 'present'))
    result = Result('bench-grounding', command_line(), tuple(figures))
    path = result.write(args.out)
    sys.stdout.write('\n'.join([*figure_table.lines(figures), f'{path}\n']))
    return 0 if result.ok else 1


def trials_of(kind: str, seeds: int) -> list[GroundingTrial]:
    tasks = DOUBLED if kind == 'ambiguous' else TASKS
    return [GroundingTrial(tasks[k % len(tasks)], TEST_SEEDS + k, kind) for k in range(seeds)]


def figures_of(outcomes: list[GroundingOutcome]) -> list[Figure]:
    """The errors in scenes where the target is present."""
    position = 1e3 * np.array([e for o in outcomes for e in o.position_errors])
    box = 1e3 * np.array([e for o in outcomes for e in o.box_errors])
    part = 1e3 * np.array([e for o in outcomes for e in o.part_errors])
    yaw = np.degrees([e for o in outcomes for e in o.yaw_errors])
    latency = 1e3 * np.array([v for o in outcomes for v in o.latencies])
    scenes = [k for k, o in enumerate(outcomes) for _ in range(o.objects)]  # of each object
    colours, shapes = (
        [k < right for o, right in pairs for k in range(o.objects)]
        for pairs in (
            [(o, o.right_colours) for o in outcomes],
            [(o, o.right_shapes) for o in outcomes],
        )
    )
    return [
        _figure('position error, median', position, 0.5, 'mm', '<= 4'),
        _figure('position error, 95 %', position, 0.95, 'mm', '<= 8'),
        _figure('box position error, 95 %', box, 0.95, 'mm', '<= 8'),
        _figure('button and handle position error, 95 %', part, 0.95, 'mm', '<= 8'),
        _figure('cube yaw error, 95 %', yaw, 0.95, 'degrees', '<= 6'),
        clustered('right colours', colours, scenes, '>= 0.99', 'of objects'),
        clustered('right shapes', shapes, scenes, '>= 0.97', 'of objects'),
        share(
            'scenes with a spurious object', sum(o.spurious > 0 for o in outcomes), len(outcomes),
            '== 0', SCENES,
        ),
        target_figure(outcomes),
        *time_ratio(
            'CPU time of a frame, mean', float(latency.mean()), TIME_BOUND, len(latency)
        ),
    ]  # fmt: skip


def status_figure(outcomes: list[GroundingOutcome], kind: str) -> Figure:
    """How often the target is correctly reported as `kind`."""
    right = sum(o.status == TargetStatus[kind.upper()] for o in outcomes)
    return share(f'rightly called {kind}', right, len(outcomes), STATUS_BOUND, SCENES)


def target_figure(outcomes: list[GroundingOutcome]) -> Figure:
    """How often the object given the role of target is the named one."""
    right = sum(o.is_target_right for o in outcomes)
    return share('the named object is the target', right, len(outcomes), STATUS_BOUND, SCENES)


def _figure(name: str, values: np.ndarray, quantile: float, unit: str, bound: str) -> Figure:
    value = float(np.quantile(values, quantile)) if len(values) else float('nan')
    return Figure(name, value, unit, bound, len(values))
