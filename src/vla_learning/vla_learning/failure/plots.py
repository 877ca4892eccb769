"""Plots of the performance of a failure detector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use('Agg')
import matplotlib.pyplot as plt
import numpy as np

from vla_core.frozen import Array
from vla_monitor.failure.measure import first_alarm
from vla_monitor.failure.traces import Trace

GOOD, BAD = '#2a7f62', '#c0392b'


def draw(
    path: Path,
    areas: Mapping[str, tuple[float, float]],
    series: Sequence[Array],
    traces: Sequence[Trace],
    limit: Array,
    period: float,
) -> None:
    """Write a PNG: areas by method (seen, unseen), scores under the band, alarms over time."""
    figure, axes = plt.subplots(1, 3, figsize=(15, 4.6))
    _areas(axes[0], areas)
    _scores(axes[1], series, traces, limit, period)
    _times(axes[2], series, traces, limit, period)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _areas(axes: Any, areas: Mapping[str, tuple[float, float]]) -> None:
    has_unseen = all(np.isfinite(unseen) for _, unseen in areas.values())
    names = sorted(areas, key=lambda name: areas[name][1 if has_unseen else 0])  # the best on top
    at = np.arange(len(names))
    seen, unseen = ([areas[name][k] for name in names] for k in (0, 1))
    axes.barh(at + 0.2 * has_unseen, seen, 0.4, label='tasks seen', color='#34495e')
    if has_unseen:
        axes.barh(at - 0.2, unseen, 0.4, label='tasks not seen', color='#95a5a6')
    axes.axvline(0.5, color='k', lw=0.8)
    axes.set_yticks(at, names)
    axes.set(xlim=(0.3, 1.0), xlabel='ROC-AUC, pairs at equal times')
    axes.legend(loc='lower right', fontsize=8)


def _scores(
    axes: Any, series: Sequence[Array], traces: Sequence[Trace], limit: Array, period: float
) -> None:
    for scores, trace in zip(series, traces, strict=True):
        time = period * np.arange(1, len(scores) + 1)
        axes.plot(time, scores, color=BAD if trace.is_failure else GOOD, lw=0.5, alpha=0.5)
    axes.plot(period * np.arange(1, len(limit) + 1), limit, 'k', lw=2, label='threshold')
    axes.plot([], [], color=GOOD, label='success')
    axes.plot([], [], color=BAD, label='failure')
    top = max(float(np.max(limit)), max(float(np.max(s)) for s in series))
    axes.set(xlabel='s of the attempt', ylabel='score', ylim=(0, 1.1 * top))
    axes.legend(fontsize=8)


def _times(
    axes: Any, series: Sequence[Array], traces: Sequence[Trace], limit: Array, period: float
) -> None:
    for outcome, colour, name in ((True, BAD, 'failures'), (False, GOOD, 'successes')):
        part = [s for s, t in zip(series, traces, strict=True) if t.is_failure == outcome]
        first = [first_alarm(scores, limit) for scores in part]
        times = np.sort([period * (k + 1) for k in first if k is not None])
        share = np.arange(1, len(times) + 1) / max(len(part), 1)
        axes.step(np.r_[0.0, times], np.r_[0.0, share], where='post', color=colour, label=name)
    axes.set(xlabel='s of the attempt', ylabel='share with an alarm', ylim=(0, 1))
    axes.legend(fontsize=8)
