"""95 % intervals of a measured number."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence

import numpy as np

Statistic = Callable[[np.ndarray], float]


def mean(values: np.ndarray) -> float:
    return float(np.mean(values))


def wilson(k: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson score interval of a rate after k of n successes; (0, 1) when n is 0."""
    if not 0 <= k <= n:
        raise ValueError(f'{k} of {n} is not a count')
    if n == 0:
        return 0.0, 1.0
    rate, zz = k / n, z * z / n
    centre = (rate + zz / 2) / (1 + zz)
    half = z * math.sqrt(rate * (1 - rate) / n + zz / (4 * n)) / (1 + zz)
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    return 0.0 if k == 0 else low, 1.0 if k == n else high  # not 1e-19


def bootstrap(
    values: np.ndarray,
    clusters: Sequence[Hashable],
    statistic: Statistic = mean,
    seed: int = 0,
    draws: int = 2000,
) -> tuple[float, float] | None:
    """Percentile interval of `statistic` from samples that are drawn by whole clusters.

    `values` has one row per sample, `clusters` its cluster (such as a seed or a task). None with
    fewer than two clusters, which give no estimate of the spread between clusters. Where every
    value is 0, or every value is 1, resampling cannot vary the mean: its interval is then
    Wilson's, with each cluster as one trial.
    """
    if len(values) != len(clusters):
        raise ValueError(f'{len(values)} values but {len(clusters)} clusters')
    rows: dict[Hashable, list[int]] = {}
    for k, cluster in enumerate(clusters):
        rows.setdefault(cluster, []).append(k)
    members = [np.array(indices) for indices in rows.values()]
    if len(members) < 2:
        return None
    for outcome in (0, 1):
        if statistic is mean and np.all(values == outcome):
            return wilson(outcome * len(members), len(members))
    random = np.random.default_rng(seed)
    picks = random.integers(len(members), size=(draws, len(members)))
    found = [statistic(values[np.concatenate([members[k] for k in pick])]) for pick in picks]
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)
