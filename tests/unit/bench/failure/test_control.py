"""Detectors that know nothing are measured like the others, and must fail."""

import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[2] / 'monitor' / 'failure'))

from attempts import rollouts

from vla_bench.failure.bench import plain
from vla_bench.failure.control import (
    ALPHA,
    ALWAYS,
    ARMS,
    FEATURES,
    NEVER,
    SIGNALS,
    TIME,
    balanced,
    constant,
    figures,
)
from vla_learning.failure.study import HeadScorer, by_tasks, examine
from vla_monitor.failure.baselines import Elapsed
from vla_monitor.failure.head import HeadParams


@pytest.fixture(scope='module')
def rows():
    torch.set_num_threads(1)
    traces = rollouts(240, tasks=tuple('abcdefgh'))
    quick = HeadScorer(HeadParams('mlp', 'features', hidden=16, epochs=20, rate=1e-2))
    made = []
    for seed in range(2):
        split = by_tasks(traces, seed)
        found = {
            FEATURES: examine(quick, split, seed), TIME: examine(Elapsed(), split, seed),
            ALWAYS: constant(split, True), NEVER: constant(split, False),
        }  # fmt: skip
        for method in ARMS:
            scores = found.get(method, found[FEATURES])
            made.append({'method': method, 'seed': seed, **plain(scores)})
    return made


def test_always_and_never_are_what_they_say(rows):
    for method, rate in ((ALWAYS, 1.0), (NEVER, 0.0)):
        for row in (row for row in rows if row['method'] == method):
            found = row['alarms'][str(ALPHA)]
            assert found['false'] == rate * found['successes']
            assert found['caught'] == rate * found['failures']
            assert (row['seen'], row['unseen']) == (0.5, 0.5)


def test_alarms_by_task_add_up(rows):
    for row in rows:
        for alpha, tasks in row['by_task'].items():
            for count in ('false', 'caught', 'successes', 'failures'):
                assert sum(t[count] for t in tasks.values()) == row['alarms'][alpha][count]


def test_controls_fail_and_a_detector_does_not(rows):
    made = {f.name: f for f in figures(rows)}
    for method in (ALWAYS, NEVER):
        found = made[f'control, {method}: balanced accuracy']
        assert (found.value, found.ok) == (0.5, True)
    assert made[f'control, {ARMS[TIME]}: ROC-AUC'].ok
    good = balanced('x', [row for row in rows if row['method'] == FEATURES], '<= 0.55')
    assert good.value > 0.7
    assert not good.ok


def test_features_that_do_as_well_are_shown(rows):
    made = {f.name: f for f in figures(rows)}  # here both heads are the same
    assert not made['signals less features, ROC-AUC seen tasks'].ok
    assert not made[f'control, {ARMS[FEATURES]}: ROC-AUC seen tasks'].ok
    assert f'{ARMS[SIGNALS]}: false alarms' in made
