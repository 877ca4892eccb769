"""Records of an episode as arrays over time, for plots and tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vla_core.frozen import Array

Spans = list[tuple[float, float, Any]]  # begin s, end s, value between them


@dataclass(frozen=True)
class Series:
    """Rows of numbers over time."""

    at: Array  # (k,) s since the instruction
    values: Array  # (k, n)


def series(
    records: Sequence[Any], row: Callable[[Any], Any], zero: float, clock: Callable[[Any], float]
) -> Series:
    """One row per record; `clock` gives its ROS time."""
    if not records:
        return Series(np.zeros(0), np.zeros((0, 1)))
    at = np.array([clock(record) for record in records]) - zero
    values = np.array([np.atleast_1d(row(record)) for record in records], dtype=float)
    return Series(at, values)


def spans(pairs: Sequence[tuple[float, Any]], end: float) -> Spans:
    """Runs of equal values of (time, value) pairs; the last one lasts until `end`."""
    made: Spans = []
    for at, value in pairs:
        if made and made[-1][2] == value:
            continue
        if made:
            made[-1] = (made[-1][0], at, made[-1][2])
        made.append((at, end, value))
    return made
