"""Every baseline separates its kind of failure and is causal; elapsed time separates none."""

import dataclasses

import numpy as np
import pytest
from attempts import rollouts

from vla_monitor.failure import baselines
from vla_monitor.failure.densities import BASELINES
from vla_monitor.failure.measure import auc, final, first_alarm, paired_auc, within_auc
from vla_monitor.failure.traces import length_matched

TELLING = sorted(set(BASELINES) - {'elapsed time'})


@pytest.fixture(scope='module')
def fitted():
    made = {}
    for name, kind in BASELINES.items():
        scorer = kind()
        if hasattr(scorer, 'steps'):
            scorer.steps = 150
        scorer.fit(rollouts(60), 0)
        made[name] = scorer
    return made


@pytest.mark.parametrize('name', TELLING)
def test_a_baseline_tells_failures_apart(fitted, name):
    test = length_matched(rollouts(80, seed=3, drift=0.4))
    assert within_auc([fitted[name].score(t) for t in test], test) > 0.6


@pytest.mark.parametrize('name', sorted(BASELINES))
def test_a_baseline_is_causal(fitted, name):
    trace = rollouts(4)[1]
    whole = fitted[name].score(trace)
    assert whole.shape == (len(trace),)
    np.testing.assert_allclose(fitted[name].score(trace.cut(9)), whole[:9], rtol=1e-4, atol=1e-6)


def test_time_tells_nothing_once_lengths_are_matched(fitted):
    traces = rollouts(40)
    clock = fitted['elapsed time']
    scores = [clock.score(t) for t in traces]
    assert within_auc(scores, traces) == 1.0
    assert paired_auc(scores, traces) == 0.5
    matched = length_matched(traces)
    assert within_auc([clock.score(t) for t in matched], matched) == 0.5


def test_a_pair_is_compared_when_the_shorter_ends():
    fine, bad, brief = rollouts(4)[0], rollouts(4)[1], rollouts(4)[1].cut(2)
    assert (fine.is_failure, bad.is_failure) == (False, True)
    late = np.zeros(len(bad))
    late[len(fine) :] = 9.0  # rises only when the success is over
    soon = np.where(np.arange(len(bad)) >= 3, 9.0, 0.0)
    flat = np.full(len(fine), 1.0)
    assert paired_auc([flat, late], [fine, bad]) == 0.0
    assert paired_auc([flat, soon], [fine, bad]) == 1.0
    assert paired_auc([flat, soon, soon[:2]], [fine, bad, brief]) == 0.5
    assert np.isnan(paired_auc([flat], [fine]))


def test_the_overlap_compares_the_same_time():
    way = np.linspace(0.0, 1.0, 18)[:, None] * np.ones(7)
    before, after = way[None, :16], way[None, 2:18]
    before[..., 6], after[..., 6] = 0.0, 0.0
    old, new = baselines.overlap(before, after, 2)
    np.testing.assert_allclose(old, new, atol=1e-12)


def test_equal_sets_have_no_discrepancy_and_others_do(rng):
    a = rng.normal(size=(8, 3))
    assert baselines.mmd(a, a) == pytest.approx(0.0, abs=1e-12)
    assert baselines.mmd(a, a + 3.0) > 0.5


def test_the_area_counts_ties_half():
    fails = np.array([True, True, False, False])
    assert auc(np.array([2.0, 3.0, 0.0, 1.0]), fails) == 1.0
    assert auc(np.zeros(4), fails) == 0.5
    assert np.isnan(auc(np.zeros(2), np.array([True, True])))


def test_differences_between_tasks_do_not_count_within_them():
    traces = rollouts(16, tasks=('a', 'b'))
    scores = [np.array([float(t.task == 'b')]) for t in traces]
    assert within_auc(scores, traces) == 0.5
    more = [dataclasses.replace(t, is_failure=True) for t in traces if t.task == 'b'] + traces
    again = [np.array([float(t.task == 'b')]) for t in more]
    assert auc(final(again), np.array([t.is_failure for t in more])) > 0.6
    assert within_auc(again, more) == 0.5
    assert paired_auc(again, more) == 0.5


def test_beyond_its_end_the_last_threshold_holds():
    limit = np.array([1.0, 2.0])
    assert first_alarm(np.array([0.5, 1.5, 1.9, 2.1]), limit) == 3
    assert first_alarm(np.array([0.5, 1.5]), limit) is None
