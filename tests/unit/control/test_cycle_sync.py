"""Control keeps half a period away from the shield's cycle, from wherever it starts."""

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
def test_no_report_or_an_odd_one_moves_a_cycle_by_a_little_only(reported):
    assert abs(next_period(100.0, reported, PERIOD) - PERIOD) <= MAX_CORRECTION * PERIOD + 1e-12
