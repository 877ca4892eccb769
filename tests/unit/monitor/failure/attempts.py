"""Synthetic rollouts and records for the tests of the failure detector."""

import numpy as np

from vla_core.records.action import (
    EE_NAMES,
    ActionChunk,
    Contact,
    ControlState,
    PolicyFeatures,
    Space,
)
from vla_core.records.scene import (
    GroundedObject,
    GroundedScene,
    ParsedTask,
    Phrase,
    Role,
    TargetStatus,
    Verb,
)
from vla_core.records.task import Phase, ResultCode, TaskStatus
from vla_monitor.failure.band import fit as fit_band
from vla_monitor.failure.calibration import Calibration
from vla_monitor.failure.head import HeadParams
from vla_monitor.failure.head import fit as fit_head
from vla_monitor.failure.signals import SIGNALS
from vla_monitor.failure.traces import Binding, Trace

WIDTH, HORIZON = 6, 16
BINDING = Binding('abc', 'flow/norm/mean/6/abc', 0.2, 0.1, HORIZON)


def rollouts(count, seed=0, tasks=('a', 'b', 'c', 'd'), drift=0.15, length=20, width=WIDTH):
    """Return rollouts; in the failures (half) the first feature drifts, and they are twice as
    long. Features beyond WIDTH are zero."""
    dice = np.random.default_rng(seed)
    made = []
    for k in range(count):
        fails = k % 2 == 1
        n = 2 * length if fails else length - int(dice.integers(4))
        feature = np.zeros((n, width))
        feature[:, :WIDTH] = dice.normal(size=(n, WIDTH))
        feature[:, 0] += drift * np.arange(n) * fails
        chunk = 0.01 * dice.normal(size=(n, 4, HORIZON, 7)) * (3.0 if fails else 1.0)
        signal = 0.01 * dice.normal(size=(n, len(SIGNALS)))
        task = tasks[k // 2 % len(tasks)]
        made.append(
            Trace(
                f'{k:04d}', task, 'natural', fails,
                *(x.astype(np.float32) for x in (feature, signal, chunk)),
            )
        )  # fmt: skip
    return made


def calibration(inputs='features', kind='mlp', width=WIDTH):
    """Return a head and a band of rollouts that are easy to separate."""
    params = HeadParams(kind, inputs, hidden=16, epochs=20, rate=1e-2)
    head = fit_head(params, rollouts(60, width=width))
    fine = [head.score(t) for t in rollouts(80, seed=1, width=width) if not t.is_failure]
    return Calibration(BINDING, head, fit_band(fine, 0.15), 0.15, 'band')


def status(phase=Phase.RUNNING, attempt=1, task_id='t', code=ResultCode.SUCCEEDED):
    return TaskStatus(0.0, task_id, 'put it there', phase, attempt, code=code)


def features(index, values=None, stamp=None, schema=BINDING.schema, task_id='t'):
    values = np.zeros(WIDTH) if values is None else values
    stamp = 1.0 + 0.2 * index if stamp is None else stamp
    return PolicyFeatures(stamp, task_id, index, schema, values)


def chunk(stamp, speed=0.05, opening=0.04, horizon=HORIZON):
    """Return a chunk along x at `speed` m/s."""
    values = np.zeros((horizon, 7))
    values[:, 0] = 0.1 * speed * np.arange(horizon)
    values[:, 6] = opening
    return ActionChunk(stamp, 't', 'abc', 1, Space.EE_DELTA, EE_NAMES, stamp, 0.1, values)


def tool_state(stamp, x=0.4, opening=0.04, contact=Contact.NONE):
    return ControlState(stamp, True, False, tcp=(x, 0.0, 0.2), gripper=opening, contact=contact)


def scene(stamp, verb=Verb.PUT_IN, x=0.5, visible=True, shape='cube'):
    size = np.full(3, 0.04)
    target = GroundedObject(
        1, f'red {shape}', 'red', shape, Role.TARGET, 1.0, np.array([x, 0.0, 0.02]), 0.0, size,
        0.001, is_visible=visible,
    )  # fmt: skip
    task = ParsedTask(verb, Phrase('the red cube', 'red', shape))
    return GroundedScene(stamp, 't', task, (target,), TargetStatus.PRESENT)
