"""An armed robot without motion is disarmed after its time, and not before."""

from vla_core.records.safety import ArmState
from vla_shield.monitoring.idle_timer import IdleTimer

ARMED = ArmState.ARMED


def test_it_is_over_after_the_limit_without_motion():
    timer = IdleTimer(5.0)
    assert not timer.is_over(ARMED, True, 100.0)
    assert not timer.is_over(ARMED, True, 104.9)
    assert timer.is_over(ARMED, True, 105.0)


def test_every_use_begins_the_time_again():
    timer = IdleTimer(5.0)
    for now in (0.0, 4.0, 8.0, 12.0):
        assert not timer.is_over(ARMED, False, now)
    assert not timer.is_over(ARMED, True, 16.9)
    assert timer.is_over(ARMED, True, 17.0)


def test_a_clock_that_jumps_back_begins_the_time_again():
    timer = IdleTimer(5.0)
    timer.is_over(ARMED, True, 1000.0)
    assert not timer.is_over(ARMED, True, 10.0)
    assert not timer.is_over(ARMED, True, 14.0)
    assert timer.is_over(ARMED, True, 15.0)


def test_the_time_of_a_disarmed_or_latched_robot_does_not_count():
    timer = IdleTimer(5.0)
    for state in (ArmState.DISARMED, ArmState.LATCHED):
        assert not timer.is_over(state, True, 0.0)
        assert not timer.is_over(state, True, 100.0)
        assert not timer.is_over(ARMED, True, 104.0)
