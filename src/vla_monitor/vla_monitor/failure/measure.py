"""Metrics of how well scores separate failures from successes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vla_core.frozen import Array
from vla_monitor.failure.traces import Trace


def auc(scores: Array, is_failure: NDArray[np.bool_]) -> float:
    """Return the area under the ROC curve; ties count half; NaN with one outcome only."""
    failed, fine = scores[is_failure], scores[~is_failure]
    if not len(failed) or not len(fine):
        return float('nan')
    higher = (failed[:, None] > fine[None]).mean() + 0.5 * (failed[:, None] == fine[None]).mean()
    return float(higher)


def final(series: Sequence[Array]) -> Array:
    """(n,) the highest score so far at the end of each."""
    return np.array([np.max(scores) for scores in series])


def within_auc(series: Sequence[Array], traces: Sequence[Trace]) -> float:
    """Return the AUC over all pairs of a failure and a success of the same task, so that task
    length and failure rate have no effect."""
    scores, failed = final(series), np.array([trace.is_failure for trace in traces])
    names = np.array([trace.task for trace in traces])
    total, pairs = 0.0, 0
    for name in np.unique(names):
        of = names == name
        count = int(failed[of].sum() * (~failed[of]).sum())
        if count:
            total, pairs = total + count * auc(scores[of], failed[of]), pairs + count
    return total / pairs if pairs else float('nan')


def paired_auc(series: Sequence[Array], traces: Sequence[Trace]) -> float:
    """Return the AUC over all pairs of a failure and a success of the same task, each pair
    compared at the end of its shorter rollout: rollout length has no effect, and steps after the
    task's shortest rollout still count. Ties count half; NaN without a pair."""
    highest = [np.maximum.accumulate(scores) for scores in series]
    won, pairs = 0.0, 0
    for name in sorted({trace.task for trace in traces}):
        of = [k for k, trace in enumerate(traces) if trace.task == name]
        failed = [highest[k] for k in of if traces[k].is_failure]
        fine = [highest[k] for k in of if not traces[k].is_failure]
        for bad in failed:
            for good in fine:
                last = min(len(bad), len(good)) - 1
                won += float(bad[last] > good[last]) + 0.5 * float(bad[last] == good[last])
        pairs += len(failed) * len(fine)
    return won / pairs if pairs else float('nan')


@dataclass(frozen=True)
class Alarms:
    """Alarm counts of a threshold over rollouts."""

    failures: int
    caught: int  # failures with an alarm
    successes: int
    false: int  # successes with an alarm
    delay: float  # mean fraction of a failed rollout before the alarm; 1: no alarm

    @property
    def detection(self) -> float:
        return self.caught / self.failures if self.failures else float('nan')

    @property
    def false_rate(self) -> float:
        return self.false / self.successes if self.successes else float('nan')

    @property
    def balanced(self) -> float:
        """Balanced accuracy."""
        return 0.5 * (self.detection + 1.0 - self.false_rate)


def first_alarm(scores: Array, threshold: Array) -> int | None:
    """Return the first inference whose score is above the threshold (its last one extended)."""
    index = np.minimum(np.arange(len(scores)), len(threshold) - 1)
    above = np.flatnonzero(scores > threshold[index])
    return int(above[0]) if len(above) else None


def alarms(
    series: Sequence[Array], traces: Sequence[Trace], thresholds: Sequence[Array]
) -> Alarms:
    """Count the alarms; one threshold (T,) per rollout."""
    first = [first_alarm(s, t) for s, t in zip(series, thresholds, strict=True)]
    failed = [k for k, trace in enumerate(traces) if trace.is_failure]
    fine = [k for k, trace in enumerate(traces) if not trace.is_failure]
    shares = [1.0 if (at := first[k]) is None else at / len(series[k]) for k in failed]
    return Alarms(
        len(failed), sum(first[k] is not None for k in failed),
        len(fine), sum(first[k] is not None for k in fine),
        float(np.mean(shares)) if shares else float('nan'),
    )  # fmt: skip
