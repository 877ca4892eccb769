"""`./vla calibrate`: fit the failure detector on labelled rollouts, calibrate it, report.

The rollouts are those of `./vla rollouts`, or episodes of a robot that `./vla record` wrote and a
person labelled (service `label_episode`), or both.

Three-way split: the head is trained and selected (by held-out tasks) on one half of the rollouts,
the band comes from the successes of a quarter, the report from the last quarter. Head, band and
report are written to the folder monitor/ of the checkpoint that made the rollouts.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from vla_bringup.graph.defaults import POLICY
from vla_core.arguments import number
from vla_core.atomic_file import write_atomic
from vla_core.errors import UserError
from vla_core.frozen import Array
from vla_core.interval import wilson
from vla_core.result import Figure, Result, share
from vla_core.revision import commit
from vla_core.robot.config import load_robot
from vla_learning.failure.plots import draw
from vla_learning.failure.recorded_traces import gather
from vla_learning.failure.study import (
    ALPHAS,
    HEADS,
    HeadScorer,
    Split,
    by_tasks,
    methods,
    three_ways,
)
from vla_lockstep.campaign import command_line
from vla_monitor.failure import band, calibration
from vla_monitor.failure.measure import alarms, paired_auc
from vla_monitor.failure.traces import Binding, Trace, by_task
from vla_policy import checkpoint
from vla_policy.registry import find_checkpoint

PERIOD = 0.2  # s, as of rollouts and of the nodes
INNER = 2  # splits by task, within the training part, to choose the head


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    text = 'folder of ./vla rollouts, of labelled recordings, or both'
    rollouts = Path('out/rollouts-tabletop')
    add('--episodes', type=Path, default=rollouts, help=f'{text} (default %(default)s)')
    add('--alpha', type=number(0.01, 0.5), default=0.15, help='of the band (default %(default)s)')
    add('--policy', default=POLICY, help='the checkpoint folder (default %(default)s)')
    add('--head', default='auto', choices=['auto', *HEADS], help='default: the best one')
    add('--seed', type=int, default=0, help='of the three-way split (default %(default)s)')
    add('--robot', default='ur5e', help='of the recordings, as of ./vla record')
    text = 's, inference period of recordings, as set for the policy and failure nodes'
    add('--period', type=number(0.02, 2.0), default=PERIOD, help=f'{text} (default %(default)s)')
    add('--out', type=Path, help='folder (default: monitor/ in the checkpoint)')


def output_folders(args: argparse.Namespace) -> list[Path]:
    return [args.out or find_checkpoint(args.policy) / calibration.FOLDER]


def run(args: argparse.Namespace) -> int:
    torch.set_num_threads(1)
    binding, traces = gather(args.episodes, load_robot(args.robot), args.period)
    folder = find_checkpoint(args.policy)
    require_same(binding, folder)
    split = three_ways(traces, args.seed)
    with tqdm(total=_steps(args.head), desc='calibrate', unit='fit') as bar:
        name = args.head if args.head != 'auto' else choose(split.train, args.seed, bar)
        scorer = HeadScorer(HEADS[name])
        scorer.fit(split.train, args.seed)
        areas = compare(split, args.seed, bar)
    fine = [scorer.score(trace) for trace in split.calibrate if not trace.is_failure]
    made = band.fit(fine, args.alpha, args.seed)
    (out,) = output_folders(args)
    failed = sum(trace.is_failure for trace in traces)
    kept = calibration.Calibration(binding, scorer.head, made, args.alpha, '')
    text = f'{len(traces)} rollouts, {failed} failed, {args.episodes.name}'
    kept = calibration.save(out, kept, commit(), text)
    result = report(out, name, kept, split, areas)
    print(table(name, areas, result))
    print(f'calibration {kept.band_id} in {out}; see {out}/report.png')
    return 0 if result.ok else 1


def require_same(binding: Binding, folder: Path) -> None:
    """UserError when the rollouts are of another checkpoint."""
    here = checkpoint.read_card(folder).weights[:12]
    if binding.checkpoint != here:
        raise UserError(
            f'the rollouts are of checkpoint {binding.checkpoint}, {folder} is {here}: '
            'run ./vla rollouts for it first'
        )


def choose(traces: Sequence[Trace], seed: int, bar: tqdm[None]) -> str:
    """Return the head that is best on tasks it was not trained on, within the training part."""
    found: dict[str, float] = {}
    for name, params in HEADS.items():
        areas = []
        for inner in range(INNER):
            split = by_tasks(traces, seed * 100 + inner)
            scorer = HeadScorer(params)
            scorer.fit([*split.train, *split.calibrate], seed)
            parts = (split.test, split.unseen)
            areas += [paired_auc([scorer.score(t) for t in part], part) for part in parts]
            bar.update()
        found[name] = float(np.nanmean(areas))
    return max(found, key=lambda name: found[name])


def compare(split: Split, seed: int, bar: tqdm[None]) -> dict[str, float]:
    """Return the ROC-AUC of every method on the test part (all of its tasks are seen)."""
    found: dict[str, float] = {}
    for name, make in methods().items():
        scorer = make()
        scorer.fit(split.train, seed)
        found[name] = paired_auc([scorer.score(trace) for trace in split.test], split.test)
        bar.update()
    return found


def _steps(head: str) -> int:
    return len(methods()) + (INNER * len(HEADS) if head == 'auto' else 0)


def report(
    out: Path, name: str, made: calibration.Calibration, split: Split, areas: dict[str, float]
) -> Result:
    """Write report.json, result.json and report.png; return the figures."""
    series = [made.head.score(trace) for trace in split.test]
    limit = made.band.threshold(made.alpha)
    period = made.binding.period
    draw(
        out / 'report.png',
        {k: (v, np.nan) for k, v in areas.items()},
        series,
        split.test,
        limit,
        period,
    )
    tasks = {task: _of_task(made, group) for task, group in by_task(split.test).items()}
    content = {
        'head': name, 'band': made.band_id, 'alpha': made.alpha, 'binding': asdict(made.binding),
        'calibration successes': len(made.band.excess), 'area by method': areas, 'tasks': tasks,
    }  # fmt: skip
    write_atomic(out / 'report.json', json.dumps(content, indent=1) + '\n')
    result = Result(
        'calibrate', command_line(), (*figures(made, series, split.test, areas[name]),)
    )
    result.write(out)
    return result


def _of_task(made: calibration.Calibration, group: Sequence[Trace]) -> dict[str, object]:
    series = [made.head.score(trace) for trace in group]
    limit = made.band.threshold(made.alpha)
    found = alarms(series, group, [limit] * len(series))
    low, high = wilson(found.false, found.successes)
    return {
        'failures': found.failures, 'detected': found.caught,
        'successes': found.successes, 'false alarms': found.false,
        'false alarm rate, 95 %': [round(low, 3), round(high, 3)],
    }  # fmt: skip


def figures(
    made: calibration.Calibration, series: list[Array], test: Sequence[Trace], area: float
) -> list[Figure]:
    """ROC-AUC, and detections and false alarms at every alpha."""
    found = [Figure('ROC-AUC, seen tasks', area, '', '>= 0.80', n=len(test))]
    for alpha in sorted({made.alpha, *ALPHAS}):
        height = made.band.height(alpha)
        if not np.isfinite(height):
            continue
        limit = made.band.threshold(alpha)
        at = alarms(series, test, [limit] * len(series))
        slack = 2.0 * np.sqrt(alpha * (1.0 - alpha) / max(at.successes, 1))
        # the slack is two standard errors already: gating the interval end would count them twice
        false = share(f'false alarms at alpha {alpha:g}', at.false, at.successes, unit='share')
        found += [
            replace(false, bound=f'<= {alpha + slack:.3f}', gate='value'),
            Figure(f'failures detected at alpha {alpha:g}', at.detection, 'share', n=at.failures),
            Figure(f'time to the alarm at alpha {alpha:g}', at.delay, 'of the rollout'),
        ]  # fmt: skip
    return found


def table(name: str, areas: dict[str, float], result: Result) -> str:
    """The table printed at the end."""
    lines = [f'{"method":28}{"ROC-AUC":>8}']
    for method in sorted(areas, key=lambda k: -np.nan_to_num(areas[k])):
        mark = '  shipped' if method == name else ''
        lines.append(f'{method:28}{areas[method]:8.3f}{mark}')
    lines.append('')
    for f in result.figures:
        mark = '' if f.bound is None else (f'  {f.bound}  ' + ('ok' if f.ok else 'MISSED'))
        lines.append(f'{f.name:38}{f.value:8.3f}{mark}')
    return '\n'.join(lines)
