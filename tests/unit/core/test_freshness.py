"""The newest value: old, missing, future and NaN-stamped values are not fresh."""

from math import inf, nan

import pytest

from vla_core.freshness import Latest


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
