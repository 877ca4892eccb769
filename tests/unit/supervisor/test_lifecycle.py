"""Bringing nodes up by what they say of themselves."""

import pytest

from vla_supervisor.lifecycle import Ask, BringUp, BringUpParams, State, Step

ORDER = ('a', 'b', 'c')
PARAMS = BringUpParams(order=ORDER, startup=10.0, answer=30.0)


def heard(*states, params=PARAMS):
    up = BringUp(params)
    up.due(0.0)
    for node, state in zip(ORDER, states, strict=True):
        up.hear(node, state, 1.0)
    return up


def test_all_are_configured_at_once_then_activated_in_the_order_of_the_data():
    up = heard('unconfigured', 'unconfigured', 'unconfigured')
    asks = up.due(1.1)
    assert asks == [Ask(node, Step.CONFIGURE) for node in ORDER]
    for node in reversed(ORDER):
        assert up.due(1.2) == []
        up.answered(node, True, 1.3)
    activated = []
    while not up.is_up:
        (ask,) = up.due(1.4)
        activated.append(ask)
        up.answered(ask.node, True, 1.5)
    assert activated == [Ask(node, Step.ACTIVATE) for node in ORDER]
    assert up.progress() == ''


def test_nobody_is_activated_before_all_are_configured():
    up = heard('inactive', 'unconfigured', 'inactive')
    assert up.due(1.1) == [Ask('b', Step.CONFIGURE)]


def test_a_node_that_cannot_configure_is_named_and_nothing_more_is_asked():
    up = heard('unconfigured', 'inactive', 'inactive')
    up.due(1.1)
    up.answered('a', False, 1.2)
    assert up.progress() == 'a could not configure: its log says why'
    assert up.due(5.0) == []
    assert up.is_hopeless


def test_a_stack_that_was_up_waits_for_a_node_that_fails_to_come_back():
    up = heard('active', 'active', 'active')
    up.due(1.1)
    up.hear('b', 'unconfigured', 2.0)
    up.due(2.1)
    up.answered('b', False, 2.2)
    assert up.failure
    assert not up.is_hopeless


def test_a_heartbeat_from_before_the_answer_says_nothing_new():
    up = heard('unconfigured', 'inactive', 'inactive')
    up.due(1.1)
    up.answered('a', True, 1.5)
    up.hear('a', 'unconfigured', 1.4)
    assert up.states['a'] == State.INACTIVE


def test_a_heartbeat_of_a_clock_that_runs_ahead_does_not_undo_an_answer():
    up = heard('inactive', 'inactive', 'inactive')
    assert up.due(1.1) == [Ask('a', Step.ACTIVATE)]
    up.answered('a', True, 1.2)
    up.hear('a', 'inactive', 1.25)  # made before the answer, by a simulated time read later
    assert up.due(1.3) == [Ask('b', Step.ACTIVATE)]


def test_a_restarted_node_is_brought_up_again():
    up = heard('active', 'active', 'active')
    assert up.is_up
    up.hear('b', 'unconfigured', 2.0)
    assert up.due(2.1) == [Ask('b', Step.CONFIGURE)]
    up.answered('b', True, 2.2)
    assert up.due(2.3) == [Ask('b', Step.ACTIVATE)]


def test_a_node_that_lost_a_request_is_asked_again():
    up = heard('unconfigured', 'inactive', 'inactive')
    up.due(1.1)
    up.hear('a', 'unconfigured', 2.0)
    assert up.due(2.1) == []  # it may just be on its way
    up.hear('a', 'unconfigured', 3.2)
    assert up.due(3.3) == [Ask('a', Step.CONFIGURE)]


@pytest.mark.parametrize(
    'states', [('unconfigured', 'inactive', 'unknown'), ('', 'x', 'inactive')]
)
def test_who_never_starts_is_named(states):
    up = BringUp(PARAMS)
    up.due(0.1)
    for node, state in zip(ORDER, states, strict=True):
        up.hear(node, state, 1.0)
    up.due(11.0)
    missing = [
        node
        for node, s in zip(ORDER, states, strict=True)
        if s not in ('unconfigured', 'inactive')
    ]
    assert up.progress() == f'{", ".join(missing)} did not start within 10 s'


def test_a_node_that_never_answers_is_named():
    up = heard('unconfigured', 'inactive', 'inactive')
    up.due(1.1)
    up.due(31.2)
    assert up.progress() == 'a does not answer configure within 30 s'


def test_without_a_time_nobody_is_asked_and_nobody_is_late():
    bring_up = BringUp(BringUpParams(order=('a',)))
    bring_up.hear('a', 'unconfigured', 1.0)
    assert bring_up.due(0.0) == []
    assert bring_up.due(1.8e9) == [Ask('a', Step.CONFIGURE)]
    assert bring_up.failure == ''
