"""Heads and baselines on the same rollouts and splits, as the bench and the calibration ask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from vla_core.frozen import Array
from vla_monitor.failure import band, head
from vla_monitor.failure.baselines import Scorer
from vla_monitor.failure.densities import BASELINES
from vla_monitor.failure.head import Head, HeadParams
from vla_monitor.failure.measure import Alarms, alarms, pooled_auc, within_auc
from vla_monitor.failure.traces import Trace, by_task, length_matched

SEEN_SHARE = 0.7  # of the tasks
SHARES = (0.5, 0.25, 0.25)  # of the rollouts of seen tasks: train, calibrate, test
ALPHAS = (0.05, 0.10, 0.15, 0.20)

HEADS = {
    'MLP': HeadParams('mlp', 'features'),
    'LSTM': HeadParams('lstm', 'features', epochs=60),
    'MLP, free signals only': HeadParams('mlp', 'signals'),
    'MLP with free signals': HeadParams('mlp', 'both'),
    'LSTM with free signals': HeadParams('lstm', 'both', epochs=60),
}


class HeadScorer:
    """A head behind the interface of the baselines."""

    def __init__(self, params: HeadParams) -> None:
        self.params = params

    def fit(self, traces: Sequence[Trace], seed: int) -> None:
        self.head: Head = head.fit(self.params, traces, seed)

    def score(self, trace: Trace) -> Array:
        return self.head.score(trace)


def methods() -> dict[str, Callable[[], Scorer]]:
    """Return every way to score, heads first."""

    def made(params: HeadParams) -> Callable[[], Scorer]:
        return lambda: HeadScorer(params)

    return {name: made(params) for name, params in HEADS.items()} | BASELINES


@dataclass(frozen=True)
class Split:
    """One division of the rollouts; no rollout is in two parts."""

    train: list[Trace]
    calibrate: list[Trace]
    test: list[Trace]
    unseen: list[Trace]  # of tasks that are in no other part


def three_ways(traces: Sequence[Trace], seed: int) -> Split:
    """Divide every task and outcome by SHARES."""
    dice = np.random.default_rng([seed, len(traces)])
    parts: tuple[list[Trace], ...] = ([], [], [])
    for group in by_task(traces).values():
        for outcome in (False, True):
            chosen = [trace for trace in group if trace.is_failure == outcome]
            order = dice.permutation(len(chosen))
            ends = np.round(np.cumsum(SHARES) * len(chosen)).astype(int)
            for part, some in zip(parts, np.split(order, ends[:-1]), strict=True):
                part.extend(chosen[k] for k in some)
    train, calibrate, test = parts
    return Split(train, calibrate, test, [])


def by_tasks(traces: Sequence[Trace], seed: int) -> Split:
    """Keep some tasks out altogether; divide the others three ways."""
    groups = by_task(traces)
    names = list(groups)
    order = np.random.default_rng(seed).permutation(len(names))
    seen = {names[k] for k in order[: round(SEEN_SHARE * len(names))]}
    split = three_ways([trace for trace in traces if trace.task in seen], seed)
    unseen = [trace for trace in traces if trace.task not in seen]
    return Split(split.train, split.calibrate, split.test, unseen)


@dataclass(frozen=True)
class Finding:
    """What one method makes of one split."""

    method: str
    seed: int
    seen: float  # ROC-AUC, all rollouts together, length-matched
    unseen: float
    seen_within: float  # the mean over tasks of the ROC-AUC within each
    unseen_within: float
    alarms: dict[float, Alarms]  # by alpha, on the test rollouts of seen tasks
    alarms_unseen: dict[float, Alarms]


def examine(method: str, make: Callable[[], Scorer], split: Split, seed: int) -> Finding:
    """Fit on the training part, calibrate, then measure on what neither has seen."""
    scorer = make()
    scorer.fit(split.train, seed)
    areas = []
    for part in (split.test, split.unseen):
        matched = length_matched(part)
        series = [scorer.score(trace) for trace in matched]
        areas += [pooled_auc(series, matched), within_auc(series, matched)]
    fine = [scorer.score(trace) for trace in split.calibrate if not trace.is_failure]
    found: list[dict[float, Alarms]] = []
    for part in (split.test, split.unseen):
        series = [scorer.score(trace) for trace in part]
        found.append({a: _alarms(series, part, fine, a, seed) for a in ALPHAS})
    return Finding(method, seed, areas[0], areas[2], areas[1], areas[3], *found)


def _alarms(
    series: list[Array], part: Sequence[Trace], fine: list[Array], alpha: float, seed: int
) -> Alarms:
    limit = band.fit(fine, alpha, seed).threshold(alpha)
    return alarms(series, part, [limit] * len(series))
