"""Differences and ratios of two arms on the same episodes."""

import math

import pytest

from vla_bench.paired import gain, outcomes, ratio


def arm(*done, suites=('a', 'b')):
    """Outcomes by suite and seed; the suites share the seeds."""
    return {(suite, seed): ok for suite in suites for seed, ok in enumerate(done)}


def test_gain_is_in_points_over_the_episodes_that_both_arms_have():
    found = gain('x', arm(True, False, False, False), arm(True, True, True, False, False))
    assert (found.value, found.n, found.unit) == (50.0, 8, 'points')
    assert found.low < 50.0 < found.high


def test_the_suites_of_a_seed_count_as_one_cluster():
    one, other = arm(*[False] * 20), arm(*[True] * 10, *[False] * 10)
    shared = gain('x', one, other)
    alone = gain(
        'x',
        {(*key, k): value for k, (key, value) in enumerate(one.items())},
        {(*key, k): value for k, (key, value) in enumerate(other.items())},
    )
    assert shared.high - shared.low > 1.2 * (alone.high - alone.low)


def test_no_change_at_all_is_not_certain():
    same = arm(*[True] * 20)
    found = gain('x', same, same, '<= 2')
    assert found.value == 0.0
    assert found.low == -found.high
    assert found.high == pytest.approx(16.1, abs=0.1)  # of 20 clusters
    assert not found.ok


def test_the_bound_of_a_gain_reads_the_worse_end():
    one, other = arm(*[False] * 20), arm(*[True] * 10, *[False] * 10)
    assert gain('x', one, other, '>= 25').ok
    assert not gain('x', one, other, '>= 45').ok


def test_ratio_of_nothing_has_an_upper_end_and_of_no_base_none():
    bad, none = arm(*[True] * 10, *[False] * 10), arm(*[False] * 20)
    found = ratio('x', bad, none, '<= 0.2')
    assert found.value == 0.0
    assert found.high == pytest.approx(0.322, abs=0.001)
    assert not found.ok
    empty = ratio('x', none, none, '<= 0.2')
    assert math.isnan(empty.value)
    assert not empty.ok
    assert ratio('x', {}, none) is None


def test_outcomes_are_keyed_by_episode():
    rows = [{'suite': 'a', 'seed': 1, 'mishaps': {'drop': 'x'}, 'success': False}]
    assert outcomes(rows, ('suite', 'seed')) == {('a', 1): False}
    assert outcomes(rows, ('suite', 'seed'), 'mishaps') == {('a', 1): True}
