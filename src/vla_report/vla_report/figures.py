"""The figures of one episode on the graph, as written to result.json."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from vla_bringup.graph.session import TaskOutcome
from vla_core.records.task import Phase, ResultCode
from vla_core.result import Figure
from vla_report.episode_story import Story

FACTOR = re.compile(r'real-time factor ([\d.]+)')
SHUTDOWN = '<= 5'  # s


@dataclass(frozen=True)
class Film:
    """The images of one camera that reached the recorder."""

    stamps: tuple[float, ...]  # s, ROS time of exposure
    period: float  # s, nominal image period of the camera

    @property
    def delivered(self) -> float:
        """Share of the expected images between the first and the last that was received."""
        if len(self.stamps) < 2:
            return 0.0
        due = (self.stamps[-1] - self.stamps[0]) / self.period + 1.0
        return min(1.0, len(self.stamps) / due)


@dataclass(frozen=True)
class Played:
    """Outcome, start-up and shutdown time, measured by the host of the graph."""

    outcome: TaskOutcome
    start: float  # s, until every node was active
    stop: float  # s, until every process was gone


def measure(story: Story, played: Played, film: Film) -> tuple[Figure, ...]:
    """All figures of a demo; those with a bound decide the exit code."""
    is_done = played.outcome.code == ResultCode.SUCCEEDED
    figures = [Figure('success reported by the stack', float(is_done), '', '== 1')]
    if played.outcome.truth is not None:
        truth = float(played.outcome.truth)
        figures.insert(0, Figure('done, in truth', truth, '', '== 1'))
    return (
        *figures,
        Figure('instruction to done', time_to_end(story), 's'),
        *latencies(story),
        *cycles(story),
        Figure('images delivered', film.delivered, 'share', n=len(film.stamps)),
        Figure('real-time factor', real_time_factor(story), ''),
        Figure('start-up', played.start, 's'),
        Figure('shutdown', played.stop, 's', SHUTDOWN),
    )


def time_to_end(story: Story) -> float:
    """s from the instruction to its result; NaN when there was none."""
    ends = [s.record.stamp for s in story.recording.of('status') if s.record.phase in OVER]
    return ends[0] - story.zero if ends else float('nan')


OVER = (Phase.DONE, Phase.FAILED)


def latencies(story: Story) -> list[Figure]:
    """From the exposure of an image to the first command based on it."""
    values = story.latencies()['camera to command']
    return [
        Figure(f'camera to command, p{p}', percentile(values, p), 'ms', n=len(values))
        for p in (50, 95, 99)
    ]


def cycles(story: Story) -> list[Figure]:
    """Computation time and period of the shield, and how often it changed the command."""
    reports = [item.record for item in story.recording.of('report')]
    work = np.array([r.loop_ms for r in reports])
    period = 1e3 * np.diff([r.stamp for r in reports])
    n = len(reports)
    return [
        Figure('shield work, p99', percentile(work, 99), 'ms', n=n),
        Figure('shield period, p99', percentile(period, 99), 'ms', n=n),
        Figure('shield changed', story.changed_share(), 'share of cycles', n=n),
    ]


def real_time_factor(story: Story) -> float:
    """Median of the factors reported by the simulator; NaN without a report."""
    beats = [s.record for s in story.recording.of('heartbeats') if s.record.node == 'sim']
    found = [FACTOR.search(beat.detail) for beat in beats]
    values = [float(match[1]) for match in found if match]
    return float(np.median(values)) if values else float('nan')


def cells(figure: Figure) -> tuple[str, str, str]:
    """Value, unit and bound of a figure, formatted."""
    if figure.bound == '== 1':
        return 'yes' if figure.ok else 'no', '', ''
    if figure.unit.startswith('share'):
        unit = figure.unit.replace('share', '%', 1)
        return f'{100 * figure.value:.1f}', unit, figure.bound or ''
    return f'{figure.value:.3g}', figure.unit, figure.bound or ''


def percentile(values: np.ndarray, share: float) -> float:
    return float(np.percentile(values, share)) if len(values) else float('nan')
