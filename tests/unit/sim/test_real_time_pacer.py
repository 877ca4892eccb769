"""Pacing without a clock."""

import pytest

from vla_sim.real_time_pacer import Pacer


def test_as_many_steps_are_due_as_time_went_by():
    pacer = Pacer(step=0.002)
    assert pacer.due(100.0) == 0
    assert pacer.due(100.01) == 5
    assert pacer.due(100.013) == 1
    assert pacer.due(100.0141) == 1


def test_no_step_is_lost_or_done_twice_over_many_calls():
    pacer = Pacer(step=0.002)
    assert sum(pacer.due(0.0007 * k) for k in range(10001)) == 3500


def test_what_is_too_late_is_given_up():
    pacer = Pacer(step=0.002, max_lag=0.1)
    pacer.due(0.0)
    assert pacer.due(1.0) == 50
    assert pacer.dropped == pytest.approx(0.9)
    assert pacer.due(1.002) == 1


def test_the_factor_achieved_is_reported():
    pacer = Pacer(step=0.002, max_lag=0.1, window=1.0)
    for k in range(9):
        pacer.due(0.2 * k)  # 0.2 s pass, 0.1 s are simulated
    assert pacer.factor == pytest.approx(0.5, abs=0.05)


def test_a_clock_that_jumps_back_starts_anew():
    pacer = Pacer(step=0.002)
    pacer.due(100.0)
    assert pacer.due(50.0) == 0
    assert pacer.due(50.01) == 5
