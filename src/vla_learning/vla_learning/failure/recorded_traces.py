"""Recorded and labelled episodes as traces, used like rollouts in simulation.

An episode is a file of `./vla record`, labelled by the service `label_episode`. The label belongs
to its last attempt; earlier attempts in the same file are not used.
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
SLACK = 0.25  # of the period, tolerance of the median inference period
Bound = tuple[Path, Binding]  # a file and its binding


def gather(folder: Path, robot: RobotConfig, period: float) -> tuple[Binding, list[Trace]]:
    """Return the rollouts (./vla rollouts) and recorded episodes of a folder, with inferences
    every `period` s; UserError when their bindings differ."""
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
        raise UserError(f'{folder}: no data for the calibration: {text}')
    print(text)
    return known[0][1], traces


def read_trace(path: Path, robot: RobotConfig, period: float) -> tuple[Binding, Trace] | str:
    """Return an episode's binding and trace, or why it cannot be used.

    Invalid messages are ignored, as in the detector.
    """
    label = read_metadata(path).get('label', '')
    if label not in FAILED:
        return 'without a label'
    recorder, status = TraceRecorder(), None
    for item in read_records(path, robot, STREAMS):
        if item.stream == 'status':
            status = item.record
        if item.stream not in ('features', 'candidates') or is_policy_active(status):
            recorder.observe(item.stream, item.record, item.at)
    if not recorder.features:
        return 'without features'
    require_period(path, recorder.stamps, period)
    task = kind_of(recorder.signals.scene)
    return recorder.binding(path, period), recorder.trace(path.stem, task, CAUSE, FAILED[label])


def is_policy_active(status: TaskStatus | None) -> bool:
    """True while the policy is active; later records are leftovers."""
    return status is not None and status.phase == Phase.RUNNING


def require_same(known: Bound, other: Bound) -> None:
    """UserError naming both files and all differences of their bindings."""
    (one, ours), (two, theirs) = known, other
    differences = [
        f'{f.name} {getattr(theirs, f.name)} against {getattr(ours, f.name)}'
        for f in fields(Binding)
        if getattr(ours, f.name) != getattr(theirs, f.name)
    ]
    if differences:
        raise UserError(f'{two} is incompatible with {one}: {"; ".join(differences)}')


def require_period(path: Path, stamps: Sequence[float], period: float) -> None:
    """UserError when the inference period differs from the one of the calibration."""
    gap = float(np.median(np.diff(stamps))) if len(stamps) > 1 else period
    if not abs(gap - period) <= SLACK * period:
        raise UserError(
            f'{path}: the median inference period is {gap:.2f} s, not {period:g} s: set --period '
            'to the period of the policy and failure nodes'
        )
