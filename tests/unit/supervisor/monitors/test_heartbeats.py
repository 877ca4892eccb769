"""Silent nodes, unhealthy nodes, and isolation from all of them."""

import pytest

from vla_core.records.safety import Heartbeat
from vla_supervisor.monitors.heartbeats import HeartbeatParams, Heartbeats

PARAMS = HeartbeatParams(nodes=('policy', 'shield'), max_age=0.5, shield_max_age=0.1)


def beats(policy=10.0, shield=10.0, **more):
    heartbeats = Heartbeats(PARAMS)
    heartbeats.on_heartbeat(Heartbeat(0.0, 'policy', 1, **{'healthy': True, **more}), policy)
    heartbeats.on_heartbeat(Heartbeat(0.0, 'shield', 1, True), shield)
    return heartbeats


def test_all_is_healthy_while_every_heartbeat_is_fresh():
    assert beats().reason(10.05) == ''


def test_nodes_without_a_heartbeat_are_named():
    assert (
        Heartbeats(PARAMS).reason(0.0)
        == 'no heartbeat from policy yet; no heartbeat from shield yet'
    )


@pytest.mark.parametrize(('now', 'silent'), [(10.09, ''), (10.2, 'shield'), (10.7, 'policy')])
def test_silence_is_counted_by_the_node(now, silent):
    reason = beats(shield=10.0 if silent != 'policy' else now).reason(now)
    assert (f'no heartbeat from {silent} for' in reason) if silent else reason == ''


def test_an_unhealthy_node_is_named_with_its_detail():
    assert (
        beats(healthy=False, detail='no joints').reason(10.0) == 'policy is not healthy: no joints'
    )


def test_the_shield_is_lost_only_after_a_first_heartbeat():
    assert not Heartbeats(PARAMS).is_shield_lost(99.0)
    assert not beats().is_shield_lost(10.1)
    assert beats().is_shield_lost(10.11)


def test_a_clock_that_is_not_a_number_counts_as_silence():
    assert beats().is_shield_lost(float('nan'))
    assert 'no heartbeat from policy' in beats().reason(float('nan'))


def test_a_lost_recorder_is_a_remark_and_no_fault():
    heartbeats = beats(policy=20.0, shield=20.0)
    assert heartbeats.remark(20.0) == ''  # none was started
    heartbeats.on_heartbeat(Heartbeat(0.0, 'recorder', 1, True), 19.0)
    assert heartbeats.reason(20.0) == ''
    assert 'no heartbeat from recorder' in heartbeats.remark(20.0)


def test_a_machine_that_stood_still_does_not_age_heartbeats():
    heartbeats = beats()
    heartbeats.begin_cycle(10.0)
    heartbeats.begin_cycle(10.5)  # this process stood still, too
    assert not heartbeats.is_shield_lost(10.5)
    assert heartbeats.reason(10.5) == ''


def test_a_shield_that_stays_silent_after_the_machine_stood_still_is_lost():
    heartbeats = beats()
    heartbeats.begin_cycle(10.0)
    for k in range(6):
        now = 10.5 + 0.02 * k
        heartbeats.begin_cycle(now)
        assert heartbeats.is_shield_lost(now) == (k > 3)


def test_cycles_on_time_age_heartbeats():
    heartbeats = beats()
    for k in range(6):
        heartbeats.begin_cycle(10.0 + 0.02 * k)
    assert heartbeats.age('shield', 10.1) == pytest.approx(0.1)


LIMIT = 'no heartbeat from any node for 5.1 s (limit 5 s)'


def test_silence_of_all_nodes_is_isolation():
    assert beats(policy=10.0, shield=12.0).isolation(16.9) == ''
    assert beats(policy=10.0, shield=12.0).isolation(17.1) == LIMIT


def test_nobody_is_isolated_before_the_first_heartbeat():
    assert Heartbeats(PARAMS).isolation(99.0) == ''


def test_the_own_heartbeat_is_no_sign_of_the_others():
    heartbeats = beats()
    heartbeats.on_heartbeat(Heartbeat(0.0, 'supervisor', 1, True), 15.0)
    assert heartbeats.isolation(15.1) == LIMIT


def test_a_node_that_nobody_requires_ends_an_isolation():
    heartbeats = beats()
    heartbeats.on_heartbeat(Heartbeat(0.0, 'recorder', 1, True), 15.0)
    assert heartbeats.isolation(15.1) == ''


def test_nodes_that_load_are_not_an_isolation():
    heartbeats = beats()
    heartbeats.excuse_silence(20.0)
    assert heartbeats.isolation(24.9) == ''
    assert heartbeats.isolation(25.1) == LIMIT


def test_a_machine_that_stood_still_is_not_an_isolation():
    heartbeats = beats()
    heartbeats.begin_cycle(10.0)
    heartbeats.begin_cycle(30.0)
    assert heartbeats.isolation(30.0) == ''
