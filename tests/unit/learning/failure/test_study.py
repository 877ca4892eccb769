"""Splits keep apart what must be apart; what is measured is measured on what was not seen."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[2] / 'monitor' / 'failure'))

from attempts import rollouts

from vla_bench.failure.bench import plain, table
from vla_bench.failure.figures import AREAS, side_by_side, summarise
from vla_learning.failure import study as study
from vla_learning.failure.study import HEADS, HeadScorer, by_tasks, examine, methods, three_ways
from vla_monitor.failure.head import HeadParams
from vla_monitor.failure.measure import alarms

TASKS = tuple('abcdefghij')


@pytest.fixture(scope='module')
def traces():
    torch.set_num_threads(1)
    return rollouts(400, tasks=TASKS)


def parts(split):
    return split.train, split.calibrate, split.test, split.unseen


def test_no_rollout_is_in_two_parts_and_none_is_lost(traces):
    split = by_tasks(traces, 3)
    keys = [trace.key for part in parts(split) for trace in part]
    assert sorted(keys) == sorted(trace.key for trace in traces)


def test_unseen_tasks_are_in_no_other_part(traces):
    split = by_tasks(traces, 3)
    unseen = {trace.task for trace in split.unseen}
    assert len(unseen) == 3
    seen = {trace.task for part in parts(split)[:3] for trace in part}
    assert not unseen & seen
    assert unseen != {trace.task for trace in by_tasks(traces, 4).unseen}


def test_three_ways_keeps_the_shares_of_every_task_and_outcome(traces):
    split = three_ways(traces, 0)
    for share, part in zip(study.SHARES, parts(split)[:3], strict=True):
        assert len(part) == pytest.approx(share * len(traces), abs=0)
        assert np.mean([trace.is_failure for trace in part]) == 0.5
        assert {trace.task for trace in part} == set(TASKS)


def test_a_head_is_measured_with_all_its_numbers(traces):
    quick = HeadScorer(HeadParams('mlp', 'features', hidden=16, epochs=20, rate=1e-2))
    found = examine(quick, by_tasks(traces, 0), 0)
    assert min(found.seen, found.unseen, found.seen_cut, found.unseen_cut) > 0.8
    assert sorted(found.alarms) == [0.05, 0.10, 0.15, 0.20]
    for alpha, counted in found.alarms.items():
        error = np.sqrt(alpha * (1.0 - alpha) * (1 / 35 + 1 / 70))  # of test and calibration
        assert counted.false_rate <= alpha + 3.0 * error
        assert counted.caught > 0.5 * counted.failures
    raised, plain_ones = found.recentred[0.15], found.alarms_unseen[0.15]
    assert raised.successes == plain_ones.successes - 3 * 5
    assert raised.failures == plain_ones.failures


def test_a_height_that_cannot_be_had_is_left_out():
    few = [np.arange(3.0)] * 12
    assert study.enough(few, 0.15)
    assert not study.enough(few, 0.05)


def test_alarms_count_what_rings_and_when():
    made = rollouts(4)
    series = [np.array([0.0, 2.0, 0.0, 0.0]), np.array([0.0, 0.0, 0.0, 2.0])] * 2
    found = alarms(series, made, [np.ones(4)] * 3 + [np.full(4, 9.0)])
    assert (found.failures, found.caught) == (2, 1)
    assert (found.successes, found.false) == (2, 2)
    assert found.delay == pytest.approx((0.75 + 1.0) / 2)


def test_every_method_has_a_place_in_the_table(traces):
    quick = HeadScorer(HeadParams('mlp', 'features', hidden=8, epochs=5, rate=1e-2))
    row = plain(examine(quick, by_tasks(traces, 0), 0))
    rows = [{'method': name, 'seed': 0, **row} for name in methods()]
    figures = {figure.name: figure for figure in summarise(rows, traces, 'MLP')}
    assert figures['rollouts'].value == 400
    assert not figures['rollouts'].ok
    lead = next(figure for name, figure in figures.items() if name.startswith('lead'))
    assert (lead.value, lead.ok) == (0.0, False)
    assert {'MLP', *HEADS} <= set(methods())
    assert sum(name.startswith('area, ') for name in figures) == 4 * len(methods())

    class Result:
        pass

    Result.figures = tuple(figures.values())
    assert all(name in table(rows, 'MLP', Result) for name in methods())


def test_the_result_holds_the_areas_of_every_method_the_best_first():
    names = list(methods())
    rows = [
        {
            'method': name,
            'seed': seed,
            **{area: 0.01 * k + 0.1 * j for j, area in enumerate(AREAS)},
        }
        for k, name in enumerate(names)
        for seed in range(5)
    ]
    made = [(f.name, round(f.value, 6), f.n, f.bound) for f in side_by_side(rows)]
    wanted = [
        (f'area, {what}: {name}', round(0.01 * k + 0.1 * j, 6), 5, None)
        for j, what in enumerate(
            ('seen tasks', 'unseen tasks', 'seen tasks, cut', 'unseen tasks, cut')
        )
        for k, name in reversed(list(enumerate(names)))
    ]
    assert made == wanted
