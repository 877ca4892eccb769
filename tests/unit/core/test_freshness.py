"""The newest value: old, missing, future and NaN-stamped values are not fresh."""

from math import inf, nan

import pytest

from vla_core.freshness import ClockJumpDetector, Latest, is_late, is_set_back


def put_at(stamp, value='x'):
    latest = Latest()
    latest.put(value, stamp)
    return latest


@pytest.mark.parametrize(
    ('now', 'is_fresh'),
    [
        (10.0, True),
        (10.5, True),
        (10.51, False),
        (9.99, True),
        (9.9, False),
        (nan, False),
        (inf, False),
    ],
)
def test_fresh_is_neither_old_nor_from_the_future(now, is_fresh):
    assert (put_at(10.0).fresh(now, max_age=0.5) == 'x') is is_fresh


def test_nothing_is_not_fresh():
    assert Latest().fresh(0.0, max_age=1e9) is None
    assert Latest().age(5.0) == inf


def test_with_a_nan_maximum_age_nothing_is_fresh():
    assert put_at(10.0).fresh(10.0, max_age=nan) is None


def test_an_older_value_does_not_replace_a_newer_one():
    latest = put_at(10.0, 'new')
    latest.put('old', 9.0)
    assert latest.fresh(10.0, 1.0) == 'new'
    latest.put('newest', 10.0)
    assert latest.fresh(10.0, 1.0) == 'newest'


@pytest.mark.parametrize('stamp', [nan, inf, -inf])
def test_a_value_whose_stamp_is_not_finite_is_not_stored(stamp):
    latest = put_at(10.0)
    latest.put('bad', stamp)
    assert (latest.value, latest.stamp) == ('x', 10.0)
    assert put_at(stamp).value is None


def test_after_clear_older_stamps_are_accepted():
    latest = put_at(10.0)
    latest.clear()
    assert latest.fresh(10.0, 1.0) is None
    latest.put('after the clock jumped back', 1.0)
    assert latest.fresh(1.0, 1.0) == 'after the clock jumped back'


@pytest.mark.parametrize(
    ('stamp', 'is_taken'),
    [(9.995, False), (9.8, False), (9.0, False), (8.9, True), (10.0 - 3600.0, True), (10.1, True)],
)
def test_a_late_value_is_dropped_and_one_of_a_clock_that_was_set_back_is_taken(stamp, is_taken):
    latest = put_at(10.0, 'old')
    latest.put('new', stamp)
    assert latest.value == ('new' if is_taken else 'old')
    assert is_late(stamp, 10.0) == (stamp < 10.0 and not is_taken)
    assert is_set_back(stamp, 10.0) == (stamp < 10.0 and is_taken)


def steps(times, dt=0.01):
    """What the detector finds at ROS times `times`, read every `dt` s."""
    detector = ClockJumpDetector()
    return [detector.step(now, 5.0 + dt * k) for k, now in enumerate(times)]


@pytest.mark.parametrize(
    ('times', 'found'),
    [
        ((0.0, 0.0, 1e9, 1e9 + 0.01), [0, 0, 0, 0]),  # simulated time begins
        ((100.0, 100.01, 100.02), [0, 0, 0]),
        ((100.0, 100.0, 100.0), [0, 0, 0]),  # paused
        ((100.0, 100.2, 100.4), [0, 0, 0]),  # 20 times real time
        ((100.0, 99.995, 100.005), [0, 0, 0]),  # jitter
        ((4000.0, 400.0, 400.01), [0, -3600.01, 0]),
        ((400.0, 4000.0, 4000.01), [0, 3599.99, 0]),
        ((400.0, 398.9), [0, -1.11]),
    ],
)
def test_a_jump_of_the_clock_is_found_once(times, found):
    assert steps(times) == pytest.approx(found)


def test_after_a_pause_of_the_process_time_has_not_jumped():
    assert steps((100.0, 160.0), dt=60.0) == [0, 0]
