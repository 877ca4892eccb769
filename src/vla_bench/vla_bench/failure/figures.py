"""Figures of the failure bench, from one row per method and split."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from vla_core.result import Figure, clustered, share
from vla_learning.failure.study import ALPHAS, methods
from vla_lockstep.row_log import Row
from vla_monitor.failure.densities import BASELINES
from vla_monitor.failure.traces import Trace, by_task

TIME = 'elapsed time'
AREAS = ('seen', 'unseen', 'seen_cut', 'unseen_cut')  # of MethodScores
RIVALS = tuple(name for name in BASELINES if name != TIME)


def mean(rows: list[Row], method: str, what: str) -> float:
    return float(np.nanmean([row[what] for row in rows if row['method'] == method]))


def by_split(rows: list[Row], method: str, what: str) -> dict[int, float]:
    """The area of a method by split."""
    return {row['seed']: row[what] for row in rows if row['method'] == method}


def area(name: str, values: Mapping[int, float], bound: str | None) -> Figure:
    """A mean over the splits that have one, with an interval over splits."""
    known = {split: value for split, value in values.items() if np.isfinite(value)}
    return clustered(name, list(known.values()), list(known), bound)


def lead(rows: list[Row], head: str, what: str) -> tuple[str, dict[int, float]]:
    """The best baseline, and by how much the head leads it, by split."""
    best = max(RIVALS, key=lambda name: mean(rows, name, what))
    own, other = by_split(rows, head, what), by_split(rows, best, what)
    return best, {seed: own[seed] - other[seed] for seed in own if seed in other}


def summarise(rows: list[Row], traces: list[Trace], head: str) -> list[Figure]:
    """The figures of `head` unless they name another method, then the areas of every method."""
    by_time = by_split(rows, TIME, 'unseen')
    failed = sum(trace.is_failure for trace in traces)
    figures = [
        Figure('rollouts', len(traces), '', '>= 600'),
        Figure('tasks', len(by_task(traces)), '', '>= 8'),
        share('share of failures', failed, len(traces), None, 'of rollouts'),
        # pairs are compared at equal times, so that time alone can be no better than chance
        area('ROC-AUC of elapsed time alone, unseen tasks', by_time, None),
    ]
    for cut, title in (('', ''), ('_cut', ', cut')):
        best, ahead = lead(rows, head, f'unseen{cut}')
        seen, unseen = (by_split(rows, head, f'{part}{cut}') for part in ('seen', 'unseen'))
        figures += [
            area(f'ROC-AUC seen tasks{title}', seen, '>= 0.80'),
            area(f'ROC-AUC unseen tasks{title}', unseen, '>= 0.70'),
            area(f'lead over the best baseline{title} ({best})', ahead, '>= 0.03'),
        ]
    for alpha in ALPHAS:
        figures += alarm_figures(rows, head, alpha)
    return [*figures, *side_by_side(rows)]


def side_by_side(rows: list[Row]) -> Iterator[Figure]:
    """Every method's area, the best first, of seen and unseen tasks, whole and cut."""
    for area in AREAS:
        what = f'{area.removesuffix("_cut")} tasks{", cut" if area.endswith("_cut") else ""}'
        found = {name: mean(rows, name, area) for name in methods()}
        for name in sorted(found, key=lambda name: -np.nan_to_num(found[name])):
            splits = sum(row['method'] == name for row in rows)
            yield Figure(f'area, {what}: {name}', found[name], '', n=splits)


def alarm_figures(rows: list[Row], head: str, alpha: float) -> list[Figure]:
    """False alarms and detections at one alpha; on seen tasks with intervals over tasks."""
    mine = [row for row in rows if row['method'] == head and str(alpha) in row['alarms']]
    at = f'at alpha {alpha:g}'
    if not mine:
        return [Figure(f'false alarms {at}, seen', float('nan'), 'of successes', '<= 1')]
    n = round(np.mean([row['alarms'][str(alpha)]['successes'] for row in mine]))
    bound = f'<= {alpha + 2.0 * np.sqrt(alpha * (1.0 - alpha) / n):.4f}'
    delay = float(np.nanmean([row['alarms'][str(alpha)]['delay'] for row in mine]))
    figures = [
        alarm_share(f'false alarms {at}, seen', mine, alpha, 'false', 'successes', bound),
        alarm_share(f'failures detected {at}, seen', mine, alpha, 'caught', 'failures'),
        Figure(f'time to the alarm {at}, seen', delay, 'of rollout'),
    ]
    for part, name in (('alarms_unseen', 'unseen'), ('recentred', 'unseen, recentred')):
        found = [row[part][str(alpha)] for row in mine]
        false, caught = (
            sum(f[count] for f in found) / max(sum(f[of] for f in found), 1)
            for count, of in (('false', 'successes'), ('caught', 'failures'))
        )
        figures.append(Figure(f'false alarms {at}, {name}', false, 'of successes'))
        figures.append(Figure(f'failures detected {at}, {name}', caught, 'of failures'))
    return figures


def alarm_share(
    name: str, rows: list[Row], alpha: float, count: str, of: str, bound: str | None = None
) -> Figure:
    """A share over the test rollouts of all splits; the interval resamples tasks, which the splits
    share."""
    values, tasks = alarm_rows(rows, alpha, count, of)
    return clustered(name, values, tasks, bound, f'of {of}')


def alarm_rows(
    rows: list[Row], alpha: float, count: str, of: str
) -> tuple[list[float], list[str]]:
    """1 for every counted test rollout of every split and 0 for the others, with its task."""
    values: list[float] = []
    tasks: list[str] = []
    for row in rows:
        for task, found in row['by_task'][str(alpha)].items():
            values += [1.0] * found[count] + [0.0] * (found[of] - found[count])
            tasks += [task] * found[of]
    return values, tasks
