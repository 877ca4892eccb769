"""Two arms on the same episodes: the difference and the ratio of their shares, with intervals from
a bootstrap over whole clusters (episodes that share a seed)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace

import numpy as np

from vla_core.interval import wilson
from vla_core.result import Figure, clustered, worse_end
from vla_lockstep.row_log import Row

Outcomes = Mapping[tuple[Hashable, ...], bool]  # by episode; the seed is the last part of the key


def outcomes(rows: list[Row], key: tuple[str, ...], field: str = 'success') -> Outcomes:
    """`field` as a bool by the values of `key`; the last name in `key` is that of the cluster."""
    return {tuple(row[name] for name in key): bool(row[field]) for row in rows}


def gain(name: str, one: Outcomes, other: Outcomes, bound: str | None = None) -> Figure | None:
    """The share of `other` less that of `one` in points; None without a common episode.

    Without any difference the interval is that of no change in n clusters (Wilson), both ways.
    """
    both = sorted(set(one) & set(other), key=str)
    if not both:
        return None
    change = np.array([float(other[key]) - float(one[key]) for key in both])
    found = clustered(name, change, [key[-1] for key in both])
    low, high = found.low, found.high
    if low is not None and high is not None:
        low = -high if not change.any() else low
        low, high = 100.0 * low, 100.0 * high
    value = round(100.0 * found.value, 9)
    return Figure(name, value, 'points', bound, len(both), low, high, worse_end(bound))


def ratio(name: str, one: Outcomes, other: Outcomes, bound: str | None = None) -> Figure | None:
    """The share of `other` divided by that of `one`; None without a common episode, NaN when `one`
    is 0. When `other` is 0 the upper end is that of 0 of n clusters (Wilson)."""
    both = sorted(set(one) & set(other), key=str)
    if not both:
        return None
    pairs = np.array([(one[key], other[key]) for key in both], float)
    clusters = [key[-1] for key in both]
    found = clustered(name, pairs, clusters, bound, statistic=_quotient)
    if pairs[:, 1].any() or not pairs[:, 0].any():
        return found
    return replace(found, high=wilson(0, len(set(clusters)))[1] / float(pairs[:, 0].mean()))


def _quotient(pairs: np.ndarray) -> float:
    below, above = pairs.sum(axis=0)
    return float(above / below) if below else float('nan')
