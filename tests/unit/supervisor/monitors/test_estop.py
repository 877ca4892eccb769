"""The emergency stop: pressed counts always, silence where its message is required."""

import pytest

from vla_supervisor.monitors.estop import EStop, EStopParams


def stop(is_pressed, required=True):
    made = EStop(EStopParams(required=required))
    made.on_state(is_pressed, 10.0)
    return made


@pytest.mark.parametrize('required', [True, False])
def test_pressed_stays_until_a_message_of_release(required):
    made = stop(True, required)
    assert made.is_pressed
    made.on_state(False, 10.1)
    assert not made.is_pressed


@pytest.mark.parametrize('now', [10.51, float('nan')])
def test_silence_inhibits_where_its_message_is_required(now):
    assert stop(False).inhibit(10.4) == ''
    assert stop(False).inhibit(now) == 'no message from the emergency stop'
    assert stop(False, required=False).inhibit(now) == ''


def test_without_any_message_it_inhibits():
    assert EStop(EStopParams(required=True)).inhibit(0.0)
