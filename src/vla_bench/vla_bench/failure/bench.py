"""`./vla bench failure`: heads and baselines on the same rollouts, split by task.

In every split some tasks are kept out altogether; the rollouts of the others are divided into
training, calibration and test. Areas are within tasks: every pair of a failure and a success of
the same task is looked at when the shorter of the two ends, so that the length of a rollout
tells nothing (elapsed time gets 0.5). Beside them, as SAFE has it, with every rollout cut to the
shortest of its task: there most failures have not begun yet, since some rollouts end within two
seconds. `./vla rollouts` makes the rollouts.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from numpy.typing import NDArray

from vla_core.errors import UserError
from vla_core.records.action import EE_NAMES, ActionChunk, PolicyFeatures, Space
from vla_core.records.task import Phase, TaskStatus
from vla_core.result import Figure, Result
from vla_learning.failure.plots import draw
from vla_learning.failure.study import (
    ALPHAS,
    HEADS,
    HeadScorer,
    MethodScores,
    by_tasks,
    examine,
    methods,
)
from vla_lockstep.campaign import run_jobs, spoken
from vla_lockstep.row_log import Row, RowLog, code
from vla_monitor.failure import band
from vla_monitor.failure.attempt import DetectorParams
from vla_monitor.failure.calibration import Calibration
from vla_monitor.failure.densities import BASELINES
from vla_monitor.failure.detector import FailureDetector
from vla_monitor.failure.traces import LOG, Binding, Trace, by_task, load

TIME = 'elapsed time'
ALPHA = 0.15  # of the pictures, and of the detector whose time is taken
AREAS = ('seen', 'unseen', 'seen_cut', 'unseen_cut')  # of MethodScores
RIVALS = tuple(name for name in BASELINES if name != TIME)


@dataclass(frozen=True)
class FitJob:
    """One method on one split, as a worker gets it."""

    episodes: str
    method: str
    seed: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add('--episodes', type=Path, default=Path('out/rollouts-tabletop'), help='of ./vla rollouts')
    add('--splits', type=int, default=5, help='by task (default %(default)s)')
    add('--head', default='MLP, free signals only', choices=list(HEADS), help='what is shipped')
    add('--workers', type=int, default=2, help='processes (default %(default)s)')
    add('--out', type=Path, default=Path('out/bench-failure'), help='folder')
    add('--fresh', action='store_true', help='forget the fits of an earlier run')


def run(args: argparse.Namespace) -> int:
    if args.splits < 1 or args.workers < 1:
        raise UserError('--splits and --workers must be at least 1')
    binding, traces = load(args.episodes)
    data = hashlib.sha256((args.episodes / LOG).read_bytes()).hexdigest()[:8]
    log = RowLog(args.out / 'fits.jsonl', f'{code()} {data}')
    if args.fresh:
        log.path.unlink(missing_ok=True)
    jobs = [
        (
            f'{binding.checkpoint}/{len(traces)}/{name}/{seed}',
            FitJob(str(args.episodes), name, seed),
        )
        for seed in range(args.splits)
        for name in methods()
    ]
    rows = run_jobs(jobs, work, log, args.workers, 'bench-failure')
    scorer, split = HeadScorer(HEADS[args.head]), by_tasks(traces, 0)
    scorer.fit(split.train, 0)
    figures = summarise(rows, traces, args.head)
    fine = [scorer.score(trace) for trace in split.calibrate if not trace.is_failure]
    made = Calibration(binding, scorer.head, band.fit(fine, ALPHA), ALPHA, 'bench')
    figures.append(latency(made, traces))
    result = Result('bench-failure', spoken(), tuple(figures))
    result.write(args.out)
    areas = {name: (mean(rows, name, 'seen'), mean(rows, name, 'unseen')) for name in methods()}
    series = [scorer.score(trace) for trace in split.test]
    limit = made.band.threshold(ALPHA)
    draw(args.out / 'report.png', areas, series, split.test, limit, binding.period)
    print(table(rows, args.head, result))
    return 0 if result.ok else 1


@lru_cache(maxsize=1)
def _traces(folder: str, _: float) -> list[Trace]:
    return load(Path(folder))[1]


def work(job: FitJob) -> Row:
    """Fit and measure (in a worker process)."""
    torch.set_num_threads(1)
    path = Path(job.episodes) / LOG
    traces = _traces(job.episodes, path.stat().st_mtime)
    began = perf_counter()
    found = examine(methods()[job.method](), by_tasks(traces, job.seed), job.seed)
    return {'method': job.method, 'seed': job.seed, 'took': perf_counter() - began, **plain(found)}


def plain(found: MethodScores) -> Row:
    """Return the finding as JSON holds it."""
    return json.loads(json.dumps(asdict(found)))


def mean(rows: list[Row], method: str, what: str) -> float:
    return float(np.nanmean([row[what] for row in rows if row['method'] == method]))


def summarise(rows: list[Row], traces: list[Trace], head: str) -> list[Figure]:
    """Return the figures: of `head` unless they name another, then of every method."""
    best = max(RIVALS, key=lambda name: mean(rows, name, 'unseen'))
    unseen, off = mean(rows, head, 'unseen'), mean(rows, TIME, 'unseen') - 0.5
    lead = unseen - mean(rows, best, 'unseen')
    best_cut = max(RIVALS, key=lambda name: mean(rows, name, 'unseen_cut'))
    unseen_cut = mean(rows, head, 'unseen_cut')
    lead_cut = unseen_cut - mean(rows, best_cut, 'unseen_cut')
    failed = sum(trace.is_failure for trace in traces) / len(traces)
    figures = [
        Figure('rollouts', len(traces), '', '>= 600'),
        Figure('tasks', len(by_task(traces)), '', '>= 8'),
        Figure('share of failures', failed, 'share', n=len(traces)),
        Figure('ROC-AUC seen tasks', mean(rows, head, 'seen'), '', '>= 0.80'),
        Figure('ROC-AUC unseen tasks', unseen, '', '>= 0.70'),
        Figure(f'lead over the best baseline ({best})', lead, '', '>= 0.03'),
        Figure('elapsed time off 0.5, unseen tasks', abs(off), '', '<= 0.03'),
        Figure('ROC-AUC seen tasks, cut', mean(rows, head, 'seen_cut'), '', '>= 0.80'),
        Figure('ROC-AUC unseen tasks, cut', unseen_cut, '', '>= 0.70'),
        Figure(f'lead over the best baseline, cut ({best_cut})', lead_cut, '', '>= 0.03'),
    ]  # fmt: skip
    for alpha in ALPHAS:
        figures += _alarm_figures(rows, head, alpha)
    return [*figures, *side_by_side(rows)]


def side_by_side(rows: list[Row]) -> Iterator[Figure]:
    """Every method's area, the best first, of seen and unseen tasks, whole and cut."""
    for area in AREAS:
        what = f'{area.removesuffix("_cut")} tasks{", cut" if area.endswith("_cut") else ""}'
        found = {name: mean(rows, name, area) for name in methods()}
        for name in sorted(found, key=lambda name: -np.nan_to_num(found[name])):
            splits = sum(row['method'] == name for row in rows)
            yield Figure(f'area, {what}: {name}', found[name], '', n=splits)


def _alarm_figures(rows: list[Row], head: str, alpha: float) -> list[Figure]:
    mine = [row for row in rows if row['method'] == head and str(alpha) in row['alarms']]
    if not mine:
        return [Figure(f'false alarms at alpha {alpha:g}, seen', float('nan'), 'share', '<= 1')]

    def share(part: str, count: str, of: str) -> float:
        found = [row[part][str(alpha)] for row in mine]
        return sum(f[count] for f in found) / max(sum(f[of] for f in found), 1)

    n = round(np.mean([row['alarms'][str(alpha)]['successes'] for row in mine]))
    bound = f'<= {alpha + 2.0 * np.sqrt(alpha * (1.0 - alpha) / n):.4f}'
    delay = float(np.nanmean([row['alarms'][str(alpha)]['delay'] for row in mine]))
    at = f'at alpha {alpha:g}'
    false = share('alarms', 'false', 'successes')
    figures = [
        Figure(f'false alarms {at}, seen', false, 'share', bound, n),
        Figure(f'failures detected {at}, seen', share('alarms', 'caught', 'failures'), 'share'),
        Figure(f'time to the alarm {at}, seen', delay, 'of the rollout'),
    ]
    for part, name in (('alarms_unseen', 'unseen'), ('recentred', 'unseen, recentred')):
        false, caught = share(part, 'false', 'successes'), share(part, 'caught', 'failures')
        figures.append(Figure(f'false alarms {at}, {name}', false, 'share'))
        figures.append(Figure(f'failures detected {at}, {name}', caught, 'share'))
    return figures


def latency(made: Calibration, traces: list[Trace]) -> Figure:
    """ms of the detector for one inference, from features and chunk to score and vote, p99."""
    times: list[float] = []
    for trace in traces[:80]:
        detector = FailureDetector(DetectorParams(), made, made.binding.period)
        detector.observe('status', TaskStatus(0.0, trace.key, '', Phase.RUNNING, 1), 0.0)
        for k, (feature, chunks) in enumerate(zip(trace.feature, trace.chunk, strict=True)):
            now = made.binding.period * (k + 1)
            features = PolicyFeatures(now, trace.key, k, made.binding.schema, feature)
            candidates = (chunk_of(trace.key, made.binding, now, chunks[0]),)
            began = perf_counter()
            detector.observe('features', features, now)
            detector.observe('candidates', candidates, now)
            said = detector.outputs(now)
            detector.vote(now)
            times.append(1e3 * (perf_counter() - began))
            if len(said) != 1:
                raise RuntimeError(f'{len(said)} scores of one inference')
    p99 = float(np.percentile(times, 99))
    return Figure('detector, one inference, p99', p99, 'ms', '<= 5', len(times))


def chunk_of(task: str, b: Binding, now: float, values: NDArray[np.float32]) -> ActionChunk:
    """Return a recorded candidate as a record."""
    return ActionChunk(
        now, task, b.checkpoint, 0, Space.EE_DELTA, EE_NAMES, now, b.step, values.astype(float)
    )


def table(rows: list[Row], head: str, result: Result) -> str:
    """What a person reads at the end."""
    lines = [f'{"ROC-AUC":28}' + ''.join(f'{area:>12}' for area in (*AREAS, 'sd unseen'))]
    for name in sorted(methods(), key=lambda name: -mean(rows, name, 'unseen')):
        spread = float(np.nanstd([row['unseen'] for row in rows if row['method'] == name]))
        numbers = (*(mean(rows, name, area) for area in AREAS), spread)
        cells = ''.join(f'{value:12.3f}' for value in numbers)
        lines.append(f'{name:28}{cells}' + ('  shipped' if name == head else ''))
    lines.append('')
    for f in result.figures:
        if f.name.startswith('area, '):
            continue  # the table above
        mark = '' if f.bound is None else (f'  {f.bound}  ' + ('ok' if f.ok else 'MISSED'))
        lines.append(f'{f.name:52}{f.value:9.3f} {f.unit}{mark}')
    return '\n'.join(lines)
