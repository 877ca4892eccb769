"""Recorded and labelled episodes as traces: what a robot did counts like a rollout in simulation.

An episode is what `./vla record` writes, labelled by the service `label_episode`. Its label is of
its last attempt; what was tried before in the same file is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np

from vla_core.errors import UserError
from vla_core.records.task import Phase, TaskStatus
from vla_core.robot.config import RobotConfig
from vla_learning.failure.rollout_recorder import TraceRecorder
from vla_monitor.failure.signals import kind_of
from vla_monitor.failure.traces import ABOUT, Binding, Trace, load
from vla_teleop.recorder.episode_file import read_metadata
from vla_teleop.recorder.recording import read_records

STREAMS = ('status', 'scene', 'control_state', 'report', 'candidates', 'chunk', 'features')
FAILED = {'success': False, 'failure': True}  # by label
CAUSE = 'recorded'
SLACK = 0.25  # of the period: inferences that are further apart in the median are of another
Bound = tuple[Path, Binding]  # a file, and what its scores depend on


def gather(folder: Path, robot: RobotConfig, period: float) -> tuple[Binding, list[Trace]]:
    """Return what a folder holds of rollouts (./vla rollouts) and of recorded episodes, which
    were inferred every `period` s; UserError when their bindings differ."""
    paths = sorted(folder.glob('*.mcap'))
    if not paths:
        return load(folder)
    known: list[Bound] = []
    traces: list[Trace] = []
    if (folder / ABOUT).is_file():
        binding, traces = load(folder)
        known.append((folder / ABOUT, binding))
    left_out: Counter[str] = Counter()
    for path in paths:
        read = read_trace(path, robot, period)
        if isinstance(read, str):
            left_out[read] += 1
            continue
        known.append((path, read[0]))
        require_same(known[0], known[-1])
        traces.append(read[1])
    reasons = ''.join(f', {count} {why}' for why, count in left_out.items())
    text = f'{len(paths)} recorded episodes: {len(paths) - left_out.total()} used{reasons}'
    if not known:
        raise UserError(f'{folder}: nothing to calibrate on: {text}')
    print(text)
    return known[0][1], traces


def read_trace(path: Path, robot: RobotConfig, period: float) -> tuple[Binding, Trace] | str:
    """Return an episode's trace and what it is bound to, or why it cannot be used.

    A bad message counts as none, as it does to the detector.
    """
    label = read_metadata(path).get('label', '')
    if label not in FAILED:
        return 'without a label'
    recorder, status = TraceRecorder(), None
    for item in read_records(path, robot, STREAMS):
        if item.stream == 'status':
            status = item.record
        if item.stream not in ('features', 'candidates') or is_asked(status):
            recorder.observe(item.stream, item.record, item.at)
    if not recorder.features:
        return 'without features'
    require_period(path, recorder.stamps, period)
    task = kind_of(recorder.signals.scene)
    return recorder.binding(path, period), recorder.trace(path.stem, task, CAUSE, FAILED[label])


def is_asked(status: TaskStatus | None) -> bool:
    """True while the policy is in charge; what comes later is left over."""
    return status is not None and status.phase == Phase.RUNNING


def require_same(known: Bound, other: Bound) -> None:
    """UserError naming both files and everything in which they differ."""
    (one, ours), (two, theirs) = known, other
    differences = [
        f'{f.name} {getattr(theirs, f.name)} against {getattr(ours, f.name)}'
        for f in fields(Binding)
        if getattr(ours, f.name) != getattr(theirs, f.name)
    ]
    if differences:
        raise UserError(f'{two} does not go with {one}: {"; ".join(differences)}')


def require_period(path: Path, stamps: Sequence[float], period: float) -> None:
    """UserError when the inference period differs from the one of the calibration."""
    gap = float(np.median(np.diff(stamps))) if len(stamps) > 1 else period
    if not abs(gap - period) <= SLACK * period:
        raise UserError(
            f'{path}: its inferences are {gap:.2f} s apart in the median, not {period:g} s: '
            '--period says what the policy and failure nodes are set to'
        )
