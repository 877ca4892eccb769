"""The tracker keeps every limit for every reference."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vla_control.tracking.joint_tracker import JointTracker, LimitShares
from vla_core.robot.limits import JointLimits

DT = 0.01
LIMITS = JointLimits(
    ('a', 'b'),
    [-1.0, -2.0],
    [1.0, 2.0],
    velocity=[2.0, 3.0],
    acceleration=[5.0, 8.0],
    jerk=[60.0, 100.0],
)


def play(tracker: JointTracker, references: np.ndarray) -> np.ndarray:
    """Return positions (k, n) when following references (k, n), one per period."""
    positions, last = [], references[0]
    for reference in references:
        tracker.follow(last - tracker.q, (reference - last) / DT, DT)
        last = reference
        positions.append(tracker.q)
    return np.array(positions)


def assert_within_limits(positions: np.ndarray) -> None:
    for order, limit in ((1, LIMITS.velocity), (2, LIMITS.acceleration), (3, LIMITS.jerk)):
        assert np.all(np.abs(np.diff(positions, order, axis=0)) <= limit * DT**order * (1 + 1e-6))
    assert np.all((LIMITS.lower <= positions) & (positions <= LIMITS.upper))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.floats(-3.0, 3.0), st.floats(-3.0, 3.0)), min_size=1, max_size=8))
def test_a_reference_that_jumps_is_followed_within_every_limit(
    stations: list[tuple[float, float]],
) -> None:
    references = np.repeat(np.array(stations), 25, axis=0)
    assert_within_limits(play(JointTracker(LIMITS, LimitShares()), references))


def test_a_smooth_reference_is_followed_without_lag() -> None:
    t = DT * np.arange(400)
    ease = np.clip(t, 0, 1) ** 2 * (3 - 2 * np.clip(t, 0, 1))
    wave = 0.3 * ease * np.sin(2.0 * t)
    positions = play(JointTracker(LIMITS, LimitShares()), np.stack([wave, -wave], axis=1))
    assert np.abs(positions[140:, 0] - wave[140:]).max() <= 1e-3


def test_a_step_is_reached_without_overshoot() -> None:
    positions = play(JointTracker(LIMITS, LimitShares()), np.full((300, 2), 0.5))
    assert positions.max() <= 0.5 + 1e-9
    assert positions[-1] == pytest.approx([0.5, 0.5], abs=1e-6)


def test_a_reference_far_away_is_approached_no_faster_than_the_catch_up_speed() -> None:
    positions = play(JointTracker(LIMITS, LimitShares(catch_up_speed=0.3)), np.full((200, 2), 0.9))
    assert np.abs(np.diff(positions, axis=0)).max() <= 0.3 * DT * (1 + 1e-9)


def test_braking_comes_to_rest_exactly() -> None:
    tracker = JointTracker(LIMITS, LimitShares())
    play(tracker, np.full((20, 2), 0.5))
    assert np.abs(tracker.v).max() > 0.1
    for _ in range(100):
        tracker.brake(DT)
    assert tracker.is_still
    rest = tracker.q
    tracker.brake(DT)
    assert np.array_equal(tracker.q, rest)


def test_position_limits_are_kept_at_any_speed_of_the_reference() -> None:
    t = DT * np.arange(200)
    ramp = np.stack([1.8 * t, -2.5 * t], axis=1)
    positions = play(JointTracker(LIMITS, LimitShares()), ramp)
    assert_within_limits(positions)
    assert positions[-1] == pytest.approx([0.98, -1.98], abs=1e-3)


@pytest.mark.parametrize('dt', [0.002, 0.01, 0.03])
def test_a_late_period_moves_as_far_as_its_time_allows(dt: float) -> None:
    tracker = JointTracker(LIMITS, LimitShares())
    for _ in range(50):
        before = tracker.q
        tracker.follow(np.ones(2) - tracker.q, np.zeros(2), dt)
        assert np.all(np.abs(tracker.q - before) <= LIMITS.velocity * dt)
