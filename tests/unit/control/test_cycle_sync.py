"""Control settles half a period after the shield's cycle, from every start."""

import pytest

from vla_control.cycle_sync import MAX_CORRECTION, next_period

PERIOD = 0.01


@pytest.mark.parametrize('start', [0.0, 0.0001, 0.004, 0.0051, 0.0099])
def test_it_settles_half_a_period_after_the_shield(start):
    now = 100.0 + start
    for _ in range(400):
        reported = 100.0 + PERIOD * int((now - 100.0) / PERIOD)
        now += next_period(now, reported, PERIOD)
    phase = (now - 100.0) % PERIOD
    assert phase == pytest.approx(0.5 * PERIOD, abs=2e-5)


@pytest.mark.parametrize('reported', [0.0, 99.0, 100.02])
def test_a_missing_or_wrong_report_changes_a_period_by_the_maximum_correction_only(reported):
    assert abs(next_period(100.0, reported, PERIOD) - PERIOD) <= MAX_CORRECTION * PERIOD + 1e-12
