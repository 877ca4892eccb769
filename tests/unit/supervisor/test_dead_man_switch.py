"""The dead-man switch: silence and an open hand both hold."""

import pytest

from vla_supervisor.dead_man_switch import DeadManParams, DeadManSwitch


def switch(is_held=True, required=True):
    made = DeadManSwitch(DeadManParams(required=required))
    made.put(is_held, 10.0)
    return made


def test_held_and_heard_lets_move():
    assert switch().reason(10.1) == ''


def test_not_held_holds_at_once():
    assert switch(False).reason(10.0) == 'the dead-man switch is not held'


@pytest.mark.parametrize('now', [10.21, float('nan')])
def test_silence_holds(now):
    assert switch().reason(now) == 'the dead-man switch is silent'


def test_never_heard_holds():
    assert 'silent' in DeadManSwitch(DeadManParams(required=True)).reason(0.0)


def test_where_it_is_not_required_it_does_not_matter():
    assert switch(False, required=False).reason(99.0) == ''
