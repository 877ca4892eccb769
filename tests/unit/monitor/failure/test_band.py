"""The band keeps its false-alarm bound, and a vacuous band is refused."""

import math

import numpy as np
import pytest

from vla_core.errors import UserError
from vla_monitor.failure import band


def successes(count, dice, length=40):
    steps = dice.normal(0.5, 0.2, (count, length))
    return list(np.cumsum(np.abs(steps), axis=1) * dice.uniform(0.7, 1.3, (count, 1)))


@pytest.mark.parametrize('alpha', [0.05, 0.10, 0.15, 0.20])
@pytest.mark.parametrize('count', [40, 120])
def test_false_alarms_stay_below_alpha(rng, alpha, count):
    rates = []
    for _ in range(120):
        limit = band.fit(successes(count, rng), alpha).threshold(alpha)
        fresh = np.array(successes(100, rng))
        rates.append((fresh > limit).any(axis=1).mean())
    assert np.mean(rates) <= alpha + 2.0 * np.std(rates) / math.sqrt(len(rates))


@pytest.mark.parametrize(('alpha', 'count'), [(0.05, 19), (0.10, 9), (0.15, 6), (0.20, 4)])
def test_the_least_number_of_successes_is_known(alpha, count):
    assert band.least(alpha) == count
    made = band.Band(np.zeros(3), np.ones(3), np.arange(count))
    made.require(alpha)
    with pytest.raises(UserError, match='vacuous'):
        band.Band(np.zeros(3), np.ones(3), np.arange(count - 1)).require(alpha)


def test_too_few_successes_are_refused(rng):
    with pytest.raises(UserError, match='too few for alpha'):
        band.fit(successes(20, rng), 0.05)


def test_the_height_is_the_rank_of_a_finite_sample():
    made = band.Band(np.zeros(2), np.ones(2), np.array([1.0, 2.0, 3.0, 4.0]))
    assert made.height(0.2) == 4.0
    assert made.height(0.4) == 3.0
    assert math.isinf(made.height(0.1))


def test_the_shape_follows_the_spread_and_leaves_out_the_wildest():
    distance = np.array([[1.0, 1.0], [2.0, 1.0], [9.0, 50.0]])
    assert band.modulation(distance, 0.5).tolist() == [2.0, 1.0]
    assert band.modulation(distance, 0.1).tolist() == [9.0, 50.0]


def test_a_task_is_recentred_upwards_only_and_after_five_successes():
    made = band.Band(np.array([1.0, 1.0]), np.ones(2), np.arange(9.0))
    higher = [np.array([0.5, 3.0])] * 5
    assert band.recentred(made, higher).tolist() == [0.0, 2.0]
    assert band.recentred(made, higher[:4]).tolist() == [0.0, 0.0]


def test_a_short_success_keeps_its_last_score():
    assert band.extended(np.array([1.0, 2.0]), 4).tolist() == [1.0, 2.0, 2.0, 2.0]
    assert band.extended(np.array([1.0, 2.0, 3.0]), 2).tolist() == [1.0, 2.0]
