"""Heads and baselines on the same rollouts and splits, for the bench and the calibration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from vla_core.frozen import Array
from vla_monitor.failure import band, head
from vla_monitor.failure.band import Band
from vla_monitor.failure.baselines import Scorer
from vla_monitor.failure.densities import BASELINES
from vla_monitor.failure.head import Head, HeadParams
from vla_monitor.failure.measure import Alarms, alarms, paired_auc, within_auc
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
    """All scorers by name, heads first."""

    def scorer_factory(params: HeadParams) -> Callable[[], Scorer]:
        return lambda: HeadScorer(params)

    return {name: scorer_factory(params) for name, params in HEADS.items()} | BASELINES


@dataclass(frozen=True)
class Split:
    """One division of the rollouts; no rollout is in two parts."""

    train: list[Trace]
    calibrate: list[Trace]
    test: list[Trace]
    unseen: list[Trace]  # of tasks that are in no other part


def three_ways(traces: Sequence[Trace], seed: int) -> Split:
    """Divide every task and outcome by SHARES."""
    rng = np.random.default_rng([seed, len(traces)])
    parts: tuple[list[Trace], ...] = ([], [], [])
    for group in by_task(traces).values():
        for outcome in (False, True):
            chosen = [trace for trace in group if trace.is_failure == outcome]
            order = rng.permutation(len(chosen))
            ends = np.round(np.cumsum(SHARES) * len(chosen)).astype(int)
            for part, some in zip(parts, np.split(order, ends[:-1]), strict=True):
                part.extend(chosen[k] for k in some)
    train, calibrate, test = parts
    return Split(train, calibrate, test, [])


def by_tasks(traces: Sequence[Trace], seed: int) -> Split:
    """Hold out some tasks; divide the others three ways."""
    groups = by_task(traces)
    names = list(groups)
    order = np.random.default_rng(seed).permutation(len(names))
    seen = {names[k] for k in order[: round(SEEN_SHARE * len(names))]}
    split = three_ways([trace for trace in traces if trace.task in seen], seed)
    unseen = [trace for trace in traces if trace.task not in seen]
    return Split(split.train, split.calibrate, split.test, unseen)


@dataclass(frozen=True)
class MethodScores:
    """Measures of one method on one split. Areas are ROC-AUC within tasks."""

    seen: float  # pairs at equal times, of seen tasks, on rollouts that it was not fitted on
    unseen: float  # the same on tasks that it was not fitted on
    seen_cut: float  # every rollout truncated to the shortest of its task
    unseen_cut: float
    alarms: dict[float, Alarms]  # by alpha, on the test rollouts of seen tasks
    alarms_unseen: dict[float, Alarms]
    recentred: dict[float, Alarms]  # the same after five successes of each unseen task
    by_task: dict[float, dict[str, Alarms]]  # `alarms` by task


def examine(scorer: Scorer, split: Split, seed: int) -> MethodScores:
    """Fit on the training part, calibrate, then measure on the rest."""
    scorer.fit(split.train, seed)
    areas = []
    for part in ([*split.calibrate, *split.test], split.unseen):
        areas.append(paired_auc([scorer.score(trace) for trace in part], part))
        matched = length_matched(part)
        areas.append(within_auc([scorer.score(trace) for trace in matched], matched))
    fine = [scorer.score(trace) for trace in split.calibrate if not trace.is_failure]
    bands = {alpha: band.fit(fine, alpha, seed) for alpha in ALPHAS if enough(fine, alpha)}
    seen, unseen = (
        {a: count(scorer, fitted_band, part, a) for a, fitted_band in bands.items()}
        for part in (split.test, split.unseen)
    )
    raised = {a: count_recentred(scorer, b, split.unseen, a) for a, b in bands.items()}
    parts = by_task(split.test)
    tasks = {
        a: {t: count(scorer, b, part, a) for t, part in parts.items()} for a, b in bands.items()
    }
    return MethodScores(areas[0], areas[2], areas[1], areas[3], seen, unseen, raised, tasks)


def enough(fine: Sequence[Array], alpha: float) -> bool:
    """True when the number of successes suffices for alpha."""
    kept = len(fine) - max(round(band.SHAPE_SHARE * len(fine)), 1)
    return kept >= band.least(alpha)


def count(scorer: Scorer, fitted_band: Band, part: Sequence[Trace], alpha: float) -> Alarms:
    """Return the alarms of a band."""
    limit = fitted_band.threshold(alpha)
    series = [scorer.score(trace) for trace in part]
    return alarms(series, part, [limit] * len(series))


def count_recentred(
    scorer: Scorer, fitted_band: Band, part: Sequence[Trace], alpha: float
) -> Alarms:
    """Return the alarms after recentring the band with the first five successes of each task,
    which are not counted."""
    series, kept, limits = [], [], []
    for group in by_task(part).values():
        first = [trace for trace in group if not trace.is_failure][: band.RECENTRE_AFTER]
        shift = band.recentred(fitted_band, [scorer.score(trace) for trace in first])
        rest = [trace for trace in group if all(trace is not known for known in first)]
        kept += rest
        series += [scorer.score(trace) for trace in rest]
        limits += [fitted_band.threshold(alpha) + shift] * len(rest)
    return alarms(series, kept, limits)
