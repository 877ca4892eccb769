"""95 % intervals: Wilson's of a rate, and the bootstrap over clusters."""

import numpy as np
import pytest

from vla_core.interval import bootstrap, wilson


def test_wilson_agrees_with_published_values():
    # 81 of 263: Newcombe, Statistics in Medicine 17 (1998), table I, method 3
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 2000)[0] == 0.0
    assert wilson(7, 7)[1] == 1.0


@pytest.mark.parametrize(('k', 'n'), [(3, 2), (-1, 2)])
def test_wilson_refuses_what_is_not_a_count(k, n):
    with pytest.raises(ValueError, match='not a count'):
        wilson(k, n)


def test_without_clusters_of_several_the_bootstrap_agrees_with_the_normal_interval():
    values = np.random.default_rng(1).normal(5.0, 2.0, 400)
    low, high = bootstrap(values, range(400))
    half = 1.96 * values.std() / 20.0
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.03)


def test_samples_of_one_cluster_do_not_count_as_independent():
    each = np.random.default_rng(2).normal(0.0, 1.0, 20)
    once, tenfold = (
        bootstrap(each, range(20)),
        bootstrap(np.repeat(each, 10), np.arange(200) // 10),
    )
    assert tenfold == pytest.approx(once, abs=1e-9)
    apart = bootstrap(np.repeat(each, 10), range(200))
    assert apart[1] - apart[0] < 0.5 * (once[1] - once[0])


def test_a_bootstrap_gives_the_same_interval_for_the_same_seed():
    values = np.arange(30.0)
    assert bootstrap(values, range(30), seed=3) == bootstrap(values, range(30), seed=3)
    assert bootstrap(values, range(30), seed=3) != bootstrap(values, range(30), seed=4)


def test_a_bootstrap_takes_any_statistic_and_rows_of_several_numbers():
    rows = np.column_stack([np.arange(1.0, 9.0), 2 * np.arange(1.0, 9.0)])
    interval = bootstrap(rows, range(8), lambda r: float(r[:, 1].sum() / r[:, 0].sum()))
    assert interval == pytest.approx((2.0, 2.0))


@pytest.mark.parametrize('outcome', [0.0, 1.0])
def test_equal_outcomes_get_the_interval_of_their_clusters(outcome):
    interval = bootstrap(np.full(40, outcome), [k // 4 for k in range(40)])
    assert interval == wilson(10 * int(outcome), 10)


def test_one_cluster_has_no_interval():
    assert bootstrap(np.array([1.0, 2.0]), ['a', 'a']) is None


def test_every_value_needs_a_cluster():
    with pytest.raises(ValueError, match='3 values but 2 clusters'):
        bootstrap(np.zeros(3), [1, 2])
