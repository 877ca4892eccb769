"""Bring-up of nodes by the states they report."""

import pytest

from vla_supervisor.lifecycle import (
    BringUp,
    BringUpParams,
    NodeState,
    NodeTransition,
    TransitionRequest,
)

ORDER = ('a', 'b', 'c')
PARAMS = BringUpParams(order=ORDER, startup=10.0, answer=30.0)


def reported(*states, params=PARAMS):
    up = BringUp(params)
    up.due_requests(0.0)
    for node, state in zip(ORDER, states, strict=True):
        up.on_heartbeat(node, state, 1.0)
    return up


def test_all_are_configured_at_once_then_activated_in_order():
    up = reported('unconfigured', 'unconfigured', 'unconfigured')
    asks = up.due_requests(1.1)
    assert asks == [TransitionRequest(node, NodeTransition.CONFIGURE) for node in ORDER]
    for node in reversed(ORDER):
        assert up.due_requests(1.2) == []
        up.on_response(node, True, 1.3)
    activated = []
    while not up.is_up:
        (ask,) = up.due_requests(1.4)
        activated.append(ask)
        up.on_response(ask.node, True, 1.5)
    assert activated == [TransitionRequest(node, NodeTransition.ACTIVATE) for node in ORDER]
    assert up.progress() == ''


def test_nobody_is_activated_before_all_are_configured():
    up = reported('inactive', 'unconfigured', 'inactive')
    assert up.due_requests(1.1) == [TransitionRequest('b', NodeTransition.CONFIGURE)]


def test_a_node_that_cannot_configure_is_named_and_nothing_more_is_requested():
    up = reported('unconfigured', 'inactive', 'inactive')
    up.due_requests(1.1)
    up.on_response('a', False, 1.2)
    assert up.progress() == 'a could not configure (see its log)'
    assert up.due_requests(5.0) == []
    assert up.is_hopeless


def test_a_stack_that_was_up_is_not_hopeless():
    up = reported('active', 'active', 'active')
    up.due_requests(1.1)
    up.on_heartbeat('b', 'unconfigured', 2.0)
    up.due_requests(2.1)
    up.on_response('b', False, 2.2)
    assert up.failure
    assert not up.is_hopeless


def test_a_heartbeat_from_before_the_response_is_ignored():
    up = reported('unconfigured', 'inactive', 'inactive')
    up.due_requests(1.1)
    up.on_response('a', True, 1.5)
    up.on_heartbeat('a', 'unconfigured', 1.4)
    assert up.states['a'] == NodeState.INACTIVE


def test_a_heartbeat_of_a_clock_that_runs_ahead_does_not_undo_a_response():
    up = reported('inactive', 'inactive', 'inactive')
    assert up.due_requests(1.1) == [TransitionRequest('a', NodeTransition.ACTIVATE)]
    up.on_response('a', True, 1.2)
    up.on_heartbeat(
        'a', 'inactive', 1.25
    )  # sent before the response, by a simulated time read later
    assert up.due_requests(1.3) == [TransitionRequest('b', NodeTransition.ACTIVATE)]


def test_a_restarted_node_is_brought_up_again():
    up = reported('active', 'active', 'active')
    assert up.is_up
    up.on_heartbeat('b', 'unconfigured', 2.0)
    assert up.due_requests(2.1) == [TransitionRequest('b', NodeTransition.CONFIGURE)]
    up.on_response('b', True, 2.2)
    assert up.due_requests(2.3) == [TransitionRequest('b', NodeTransition.ACTIVATE)]


def test_a_node_that_lost_a_request_gets_another_request():
    up = reported('unconfigured', 'inactive', 'inactive')
    up.due_requests(1.1)
    up.on_heartbeat('a', 'unconfigured', 2.0)
    assert up.due_requests(2.1) == []  # the request may still arrive
    up.on_heartbeat('a', 'unconfigured', 3.2)
    assert up.due_requests(3.3) == [TransitionRequest('a', NodeTransition.CONFIGURE)]


@pytest.mark.parametrize(
    'states', [('unconfigured', 'inactive', 'unknown'), ('', 'x', 'inactive')]
)
def test_nodes_that_never_start_are_named(states):
    up = BringUp(PARAMS)
    up.due_requests(0.1)
    for node, state in zip(ORDER, states, strict=True):
        up.on_heartbeat(node, state, 1.0)
    up.due_requests(11.0)
    missing = [
        node
        for node, s in zip(ORDER, states, strict=True)
        if s not in ('unconfigured', 'inactive')
    ]
    assert up.progress() == f'{", ".join(missing)} did not start within 10 s'


def test_a_node_that_never_responds_is_named():
    up = reported('unconfigured', 'inactive', 'inactive')
    up.due_requests(1.1)
    up.due_requests(31.2)
    assert up.progress() == 'no response of a to configure within 30 s'


def test_without_time_there_are_no_requests_and_no_timeouts():
    bring_up = BringUp(BringUpParams(order=('a',)))
    bring_up.on_heartbeat('a', 'unconfigured', 1.0)
    assert bring_up.due_requests(0.0) == []
    assert bring_up.due_requests(1.8e9) == [TransitionRequest('a', NodeTransition.CONFIGURE)]
    assert bring_up.failure == ''


def failed_after_restart():
    """A stack that was up; b came back unconfigured and failed to configure at 2.2 s."""
    up = reported('active', 'active', 'active')
    up.due_requests(1.1)
    up.on_heartbeat('b', 'unconfigured', 2.0)
    assert up.due_requests(2.1) == [TransitionRequest('b', NodeTransition.CONFIGURE)]
    up.on_response('b', False, 2.2)
    assert up.progress() == 'b could not configure (see its log)'
    return up


def test_a_failed_transition_is_retried_after_a_pause():
    up = failed_after_restart()
    requested = [now for now in (2.3, 3.0, 4.1, 4.3, 4.4) if up.due_requests(now)]
    assert requested == [4.3]
    up.on_response('b', False, 4.4)
    assert [now for now in (4.5, 6.3, 6.5) if up.due_requests(now)] == [6.5]
    up.on_response('b', True, 6.6)
    assert up.progress() == 'starting: b inactive'
    assert up.due_requests(6.7) == [TransitionRequest('b', NodeTransition.ACTIVATE)]


def test_a_node_that_is_active_has_no_failure():
    up = failed_after_restart()
    up.on_heartbeat('b', 'active', 2.5)
    assert (up.failure, up.progress(), up.is_up) == ('', '', True)


def test_a_restarted_process_is_configured_without_a_pause():
    up = failed_after_restart()
    up.on_heartbeat('b', 'unconfigured', 2.4, seq=700)
    assert up.due_requests(2.5) == []
    up.on_heartbeat('b', 'unconfigured', 2.6, seq=1)
    assert up.progress() == 'starting: b unconfigured'
    assert up.due_requests(2.7) == [TransitionRequest('b', NodeTransition.CONFIGURE)]


def test_a_node_that_never_responded_gets_another_request():
    up = reported('active', 'active', 'active')
    up.due_requests(1.1)
    up.on_heartbeat('b', 'unconfigured', 2.0)
    up.due_requests(2.1)
    assert up.due_requests(32.2) == []
    assert up.progress() == 'no response of b to configure within 30 s'
    assert up.due_requests(34.3) == [TransitionRequest('b', NodeTransition.CONFIGURE)]


def test_a_failure_of_one_node_does_not_keep_another_down():
    up = failed_after_restart()
    up.on_heartbeat('c', 'unconfigured', 2.3)
    assert up.due_requests(2.4) == [TransitionRequest('c', NodeTransition.CONFIGURE)]


def test_a_clock_that_jumps_back_does_not_delay_a_retry():
    up = failed_after_restart()
    assert up.due_requests(0.5) == [TransitionRequest('b', NodeTransition.CONFIGURE)]


def test_a_node_deactivated_and_cleaned_up_between_two_heartbeats_is_brought_up_at_once():
    up = reported('active', 'active', 'active')
    up.due_requests(1.1)
    up.on_heartbeat('b', 'inactive', 2.0)
    assert up.due_requests(2.01) == [TransitionRequest('b', NodeTransition.ACTIVATE)]
    up.on_response('b', False, 2.05)  # it was cleaned up before the request arrived
    up.on_heartbeat('b', 'unconfigured', 2.2)
    assert up.failure == ''
    assert up.due_requests(2.21) == [TransitionRequest('b', NodeTransition.CONFIGURE)]
    up.on_response('b', True, 2.3)
    assert up.due_requests(2.31) == [TransitionRequest('b', NodeTransition.ACTIVATE)]
    up.on_response('b', True, 2.4)
    assert up.is_up


@pytest.mark.parametrize('step', [-3600.0, 3600.0])
def test_durations_are_kept_when_the_clock_is_set(step):
    up = reported('active', 'active', 'active')
    up.due_requests(49_999.0)
    up.on_heartbeat('c', 'unconfigured', 49_999.5)
    (ask,) = up.due_requests(50_000.0)
    up.on_clock_jump(step)
    now = 50_000.0 + step
    up.on_heartbeat('c', 'unconfigured', now + 1.0)  # not yet deaf
    assert up.due_requests(now + 1.0) == []
    up.on_response('c', False, now + 1.1)
    assert up.due_requests(now + 1.2) == []  # waits before the retry
    up.on_clock_jump(step)
    up.on_heartbeat('c', 'unconfigured', now + step + 3.2)
    assert up.due_requests(now + step + 3.3) == [ask]
