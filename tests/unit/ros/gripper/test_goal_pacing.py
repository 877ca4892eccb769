"""A goal is sent when the opening changes, not in every cycle, and again after a failure."""

import math
from itertools import pairwise

from vla_ros.gripper.goal_pacing import PERIOD, RETRY, TOLERANCE, GoalPacing


def sent(openings, **options):
    """Numbers of the cycles, 10 ms each, in which a goal is sent."""
    pacing = GoalPacing()
    return [k for k, w in enumerate(openings) if pacing.is_due(w, 0.01 * k, **options)]


def test_a_constant_opening_is_one_goal():
    assert sent([0.0] * 500) == [0]


def test_noise_within_the_tolerance_is_none():
    assert sent([0.04, *[0.04 + TOLERANCE * 0.9 * (-1) ** k for k in range(100)]]) == [0]


def test_a_ramp_is_at_most_one_goal_per_period():
    cycles = sent([0.08 - 0.0005 * k for k in range(160)])
    assert min(b - a for a, b in pairwise(cycles)) * 0.01 >= PERIOD - 1e-9
    assert 10 <= len(cycles) <= 17


def test_the_newest_opening_is_sent_when_the_period_is_over():
    pacing = GoalPacing()
    assert pacing.is_due(0.08, 0.0)
    assert not pacing.is_due(0.0, 0.05)
    assert pacing.is_due(0.0, PERIOD)
    assert pacing.sent == 0.0


def test_a_stop_does_not_wait():
    pacing = GoalPacing()
    assert pacing.is_due(0.0, 0.0)
    assert pacing.is_due(0.05, 0.01, is_stop=True)
    assert not pacing.is_due(0.05, 0.02, is_stop=True)


def test_a_failed_goal_is_sent_again_after_a_while():
    pacing = GoalPacing()
    assert pacing.is_due(0.08, 0.0)
    pacing.fail()
    assert not pacing.is_due(0.08, RETRY - 0.01)
    assert pacing.is_due(0.08, RETRY)
    assert not pacing.is_due(0.08, 3 * RETRY)


def test_what_is_not_finite_is_never_sent():
    assert sent([math.nan, math.inf, -math.inf]) == []


def test_after_clear_the_same_opening_is_new():
    pacing = GoalPacing()
    assert pacing.is_due(0.08, 0.0)
    pacing.clear()
    assert pacing.is_due(0.08, 1.0)
