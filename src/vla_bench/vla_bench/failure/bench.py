"""`./vla bench failure`: heads and baselines on the same rollouts, split by task.

In every split some tasks are held out; the rollouts of the others are divided into training,
calibration and test. Areas are within tasks: every pair of a failure and a success of the same
task is compared when the shorter of the two ends, so that the length of a rollout tells nothing
(elapsed time gets 0.5). Beside them, as in SAFE, with every rollout cut to the shortest of its
task: there most failures have not begun yet, since some rollouts end within two seconds. Intervals
of areas are over splits, those of alarms over tasks. `./vla rollouts` makes the rollouts.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from numpy.typing import NDArray

from vla_bench.failure.figures import AREAS, mean, summarise
from vla_core.arguments import integer
from vla_core.errors import UserError
from vla_core.records.action import EE_NAMES, ActionChunk, PolicyFeatures, Space
from vla_core.records.task import Phase, TaskStatus
from vla_core.result import Figure, Result, time_ratio
from vla_learning.failure.plots import draw
from vla_learning.failure.study import (
    HEADS,
    HeadScorer,
    MethodScores,
    by_tasks,
    examine,
    methods,
)
from vla_lockstep.campaign import command_line, run_jobs
from vla_lockstep.row_log import Row, RowLog, code
from vla_monitor.failure import band
from vla_monitor.failure.attempt import DetectorParams
from vla_monitor.failure.calibration import Calibration
from vla_monitor.failure.detector import FailureDetector
from vla_monitor.failure.traces import LOG, Binding, Trace, load
from vla_report import figure_table

ALPHA = 0.15  # of the pictures, and of the detector whose time is taken
TIME_BOUND = '<= 0.5'  # python_ms; the runs on file took 0.06 to 0.17 (0.15 to 0.44 ms)


@dataclass(frozen=True)
class FitJob:
    """One method on one split, as a worker gets it."""

    episodes: str
    method: str
    seed: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add('--episodes', type=Path, default=Path('out/rollouts-tabletop'), help='of ./vla rollouts')
    add('--splits', type=integer(1, 1000), default=5, help='by task (default %(default)s)')
    add('--head', default='MLP, free signals only', choices=list(HEADS), help='what is shipped')
    add('--workers', type=integer(1, 256), default=2, help='processes (default %(default)s)')
    add('--out', type=Path, default=Path('out/bench-failure'), help='folder')
    add('--fresh', action='store_true', help='forget the fits of an earlier run')


def run(args: argparse.Namespace) -> int:
    binding, traces = load(args.episodes)
    rows = fits(args, binding, list(methods()), work, 'bench-failure')
    scorer, split = HeadScorer(HEADS[args.head]), by_tasks(traces, 0)
    scorer.fit(split.train, 0)
    figures = summarise(rows, traces, args.head)
    fine = [scorer.score(trace) for trace in split.calibrate if not trace.is_failure]
    made = Calibration(binding, scorer.head, band.fit(fine, ALPHA), ALPHA, 'bench')
    figures += latency(made, traces)
    result = Result('bench-failure', command_line(), tuple(figures))
    result.write(args.out)
    areas = {name: (mean(rows, name, 'seen'), mean(rows, name, 'unseen')) for name in methods()}
    series = [scorer.score(trace) for trace in split.test]
    limit = made.band.threshold(ALPHA)
    draw(args.out / 'report.png', areas, series, split.test, limit, binding.period)
    print(table(rows, args.head, result))
    return 0 if result.ok else 1


def fits(
    args: argparse.Namespace,
    binding: Binding,
    names: Sequence[str],
    work: Callable[[FitJob], Row],
    title: str,
) -> list[Row]:
    """A row per split and method, by `work`; rows of the same code and rollouts are kept."""
    if args.splits < 1 or args.workers < 1:
        raise UserError('--splits and --workers must be at least 1')
    data = hashlib.sha256((args.episodes / LOG).read_bytes()).hexdigest()[:8]
    log = RowLog(args.out / 'fits.jsonl', f'{code()} {data}')
    if args.fresh:
        log.path.unlink(missing_ok=True)
    jobs = [
        (f'{binding.checkpoint}/{name}/{seed}', FitJob(str(args.episodes), name, seed))
        for seed in range(args.splits)
        for name in names
    ]
    return run_jobs(jobs, work, log, args.workers, title)


@lru_cache(maxsize=1)
def _traces(folder: str, _: float) -> list[Trace]:
    return load(Path(folder))[1]


def traces_of(job: FitJob) -> list[Trace]:
    """The rollouts of a job, read once per process."""
    return _traces(job.episodes, (Path(job.episodes) / LOG).stat().st_mtime)


def work(job: FitJob) -> Row:
    """Fit and measure (in a worker process)."""
    torch.set_num_threads(1)
    traces = traces_of(job)
    began = perf_counter()
    found = examine(methods()[job.method](), by_tasks(traces, job.seed), job.seed)
    return {'method': job.method, 'seed': job.seed, 'took': perf_counter() - began, **plain(found)}


def plain(found: MethodScores) -> Row:
    """Return the finding as JSON holds it."""
    return json.loads(json.dumps(asdict(found)))


def latency(made: Calibration, traces: list[Trace]) -> tuple[Figure, ...]:
    """p99 of the detector for one inference, from features and chunk to score and vote."""
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
            scores = detector.outputs(now)
            detector.vote(now)
            times.append(1e3 * (perf_counter() - began))
            if len(scores) != 1:
                raise RuntimeError(f'{len(scores)} scores of one inference')
    p99 = float(np.percentile(times, 99))
    return time_ratio('detector, one inference, p99', p99, TIME_BOUND, len(times))


def chunk_of(task: str, b: Binding, now: float, values: NDArray[np.float32]) -> ActionChunk:
    """Return a recorded candidate as a record."""
    return ActionChunk(
        now, task, b.checkpoint, 0, Space.EE_DELTA, EE_NAMES, now, b.step, values.astype(float)
    )


def table(rows: list[Row], head: str, result: Result) -> str:
    """Areas by method, then the figures with bounds."""
    lines = [f'{"ROC-AUC":28}' + ''.join(f'{area:>12}' for area in (*AREAS, 'sd unseen'))]
    for name in sorted(methods(), key=lambda name: -mean(rows, name, 'unseen')):
        spread = float(np.nanstd([row['unseen'] for row in rows if row['method'] == name]))
        numbers = (*(mean(rows, name, area) for area in AREAS), spread)
        cells = ''.join(f'{value:12.3f}' for value in numbers)
        lines.append(f'{name:28}{cells}' + ('  shipped' if name == head else ''))
    rest = (f for f in result.figures if not f.name.startswith('area, '))  # the table above
    return '\n'.join([*lines, '', *figure_table.lines(rest)])
