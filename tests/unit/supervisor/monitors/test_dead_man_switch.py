"""The dead-man switch: silence and release both inhibit motion."""

import pytest

from vla_supervisor.monitors.dead_man_switch import DeadManParams, DeadManSwitch


def switch(is_held=True, required=True):
    made = DeadManSwitch(DeadManParams(required=required))
    made.on_state(is_held, 10.0)
    return made


def test_held_and_fresh_permits_motion():
    assert switch().inhibit(10.1) == ''


def test_released_inhibits_at_once():
    assert switch(False).inhibit(10.0) == 'the dead-man switch is released'


@pytest.mark.parametrize('now', [10.21, float('nan')])
def test_silence_inhibits(now):
    assert switch().inhibit(now) == 'no message from the dead-man switch'


def test_without_any_message_it_inhibits():
    assert 'no message' in DeadManSwitch(DeadManParams(required=True)).inhibit(0.0)


def test_where_it_is_not_required_it_does_not_matter():
    assert switch(False, required=False).inhibit(99.0) == ''
