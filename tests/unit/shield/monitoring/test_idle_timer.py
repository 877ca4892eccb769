"""An armed robot without motion is disarmed after its time, and not before."""

from types import SimpleNamespace

import pytest

from vla_core.records.safety import ArmState
from vla_shield.monitoring.idle_timer import IdleTimer


@pytest.fixture
def shield():
    """An armed shield at rest that notes when it is disarmed."""
    made = SimpleNamespace(
        state=ArmState.ARMED, reference=SimpleNamespace(is_at_rest=True), disarmed=[]
    )
    made.disarm = made.disarmed.append
    return made


def test_it_is_disarmed_after_the_limit_without_motion(shield):
    timer = IdleTimer(5.0)
    assert not timer.disarms(shield, 100.0)
    assert not timer.disarms(shield, 104.9)
    assert timer.disarms(shield, 105.0)
    assert shield.disarmed == [105.0]


def test_every_motion_begins_the_time_again(shield):
    timer = IdleTimer(5.0)
    shield.reference.is_at_rest = False
    for now in (0.0, 4.0, 8.0, 12.0):
        assert not timer.disarms(shield, now)
    shield.reference.is_at_rest = True
    assert not timer.disarms(shield, 16.9)
    assert timer.disarms(shield, 17.0)


def test_a_clock_that_jumps_back_begins_the_time_again(shield):
    timer = IdleTimer(5.0)
    for now in (1000.0, 10.0, 14.0):
        assert not timer.disarms(shield, now)
    assert timer.disarms(shield, 15.0)


@pytest.mark.parametrize('state', [ArmState.DISARMED, ArmState.LATCHED])
def test_the_time_of_a_robot_that_is_not_armed_does_not_count(shield, state):
    timer = IdleTimer(5.0)
    shield.state = state
    for now in (0.0, 100.0):
        assert not timer.disarms(shield, now)
    shield.state = ArmState.ARMED
    assert not timer.disarms(shield, 104.0)
