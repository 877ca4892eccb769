"""Controls of `./vla bench failure`: detectors that know nothing, and whose inputs are halved.

Always alarm, never alarm and elapsed time alone in place of the detector; then the same head on
the hand-made signals alone (what is shipped), on the policy's features alone, and on both. Same
rollouts and splits as the bench.
"""

from __future__ import annotations

import argparse

import numpy as np

from vla_bench import controls
from vla_bench.failure import bench
from vla_bench.failure.bench import FitJob
from vla_bench.failure.figures import TIME, alarm_rows, alarm_share, area, by_split
from vla_core.result import Figure, clustered
from vla_learning.failure.study import ALPHAS, MethodScores, Split, by_tasks
from vla_lockstep.row_log import Row
from vla_monitor.failure.measure import Alarms, alarms, paired_auc
from vla_monitor.failure.traces import Trace, by_task, load

ALPHA = 0.15
ALWAYS, NEVER = 'always alarm', 'never alarm'
SIGNALS, FEATURES, BOTH = 'MLP, free signals only', 'MLP', 'MLP with free signals'
ARMS = {
    SIGNALS: 'hand-made signals alone (shipped)', FEATURES: 'policy features alone',
    BOTH: 'signals and features', TIME: 'elapsed time alone', ALWAYS: ALWAYS, NEVER: NEVER,
}  # fmt: skip
NOTES = (
    'The claim is the first arm. Where "policy features alone" stays below the bound that it',
    'meets, the passing bound belongs to the hand-made signals.',
    'Elapsed time rings once a rollout is longer than every success: see its time to the alarm.',
)


def run(args: argparse.Namespace) -> int:
    binding, _ = load(args.episodes)
    rows = bench.fits(args, binding, list(ARMS), work, 'bench-failure-controls')
    return controls.finish('failure', args.out, figures(rows), NOTES)


def work(job: FitJob) -> Row:
    """Fit and measure (in a worker process)."""
    if job.method not in (ALWAYS, NEVER):
        return bench.work(job)
    found = constant(by_tasks(bench.traces_of(job), job.seed), job.method == ALWAYS)
    return {'method': job.method, 'seed': job.seed, 'took': 0.0, **bench.plain(found)}


def constant(split: Split, is_alarm: bool) -> MethodScores:
    """A detector with the same output at every inference of every rollout."""

    def areas(part: list[Trace]) -> float:
        return paired_auc([np.zeros(len(trace)) for trace in part], part)

    def count(part: list[Trace]) -> Alarms:
        series = [np.full(len(trace), float(is_alarm)) for trace in part]
        return alarms(series, part, [np.full(1, 0.5)] * len(part))

    seen, unseen = areas([*split.calibrate, *split.test]), areas(split.unseen)
    groups = {task: count(part) for task, part in by_task(split.test).items()}
    found, other = (
        {alpha: count(part) for alpha in ALPHAS} for part in (split.test, split.unseen)
    )
    tasks = dict.fromkeys(ALPHAS, groups)
    return MethodScores(seen, unseen, seen, unseen, found, other, other, tasks)


def figures(rows: list[Row]) -> list[Figure]:
    """By arm: areas, alarms and time to the alarm; then what must be so of the controls."""
    made: list[Figure] = []
    for method, title in ARMS.items():
        made += arm_figures([row for row in rows if row['method'] == method], method, title)
    for what, name in (('seen', 'seen tasks'), ('unseen', 'unseen tasks')):
        own, other = by_split(rows, SIGNALS, what), by_split(rows, FEATURES, what)
        ahead = {seed: own[seed] - other[seed] for seed in own if seed in other}
        made.append(area(f'signals less features, ROC-AUC {name}', ahead, '> 0'))
    seen = by_split(rows, FEATURES, 'seen')
    made.append(area(f'control, {ARMS[FEATURES]}: ROC-AUC seen tasks', seen, '< 0.80'))
    made.append(area(f'control, {ARMS[TIME]}: ROC-AUC', by_split(rows, TIME, 'unseen'), '<= 0.55'))
    for method in (ALWAYS, NEVER):
        mine = [row for row in rows if row['method'] == method]
        made.append(balanced(f'control, {method}: balanced accuracy', mine, '<= 0.55'))
    return made


def arm_figures(rows: list[Row], method: str, title: str) -> list[Figure]:
    """What one arm does, without bounds."""
    known = [row for row in rows if str(ALPHA) in row['by_task']]
    made = [
        area(f'{title}: ROC-AUC seen tasks', by_split(rows, method, 'seen'), None),
        area(f'{title}: ROC-AUC unseen tasks', by_split(rows, method, 'unseen'), None),
    ]
    if known:
        delay = float(np.nanmean([row['alarms'][str(ALPHA)]['delay'] for row in known]))
        made += [
            alarm_share(f'{title}: false alarms', known, ALPHA, 'false', 'successes'),
            alarm_share(f'{title}: failures detected', known, ALPHA, 'caught', 'failures'),
            balanced(f'{title}: balanced accuracy', known),
            Figure(f'{title}: time to the alarm', delay, 'of rollout'),
        ]
    return made


def balanced(name: str, rows: list[Row], bound: str | None = None) -> Figure:
    """Balanced accuracy of the alarms on seen tasks, the interval over tasks."""
    false, tasks = alarm_rows(rows, ALPHA, 'false', 'successes')
    caught, more = alarm_rows(rows, ALPHA, 'caught', 'failures')
    values = [(0.0, alarm) for alarm in false] + [(1.0, alarm) for alarm in caught]
    return clustered(name, np.array(values), [*tasks, *more], bound, statistic=_balanced)


def _balanced(pairs: np.ndarray) -> float:
    failed, alarm = pairs[:, 0] > 0.5, pairs[:, 1]
    if failed.all() or not failed.any():
        return float('nan')
    return float(0.5 * (alarm[failed].mean() + 1.0 - alarm[~failed].mean()))
