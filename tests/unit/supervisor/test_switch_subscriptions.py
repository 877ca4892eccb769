"""The driver's messages reach the emergency stop, and a missing message package is named."""

from types import SimpleNamespace

import pytest
from std_msgs.msg import Bool

from vla_core.errors import UserError
from vla_ros import topics
from vla_supervisor.monitors import vendor_stop
from vla_supervisor.monitors.dead_man_switch import DeadManParams, DeadManSwitch
from vla_supervisor.monitors.estop import EStop, EStopParams
from vla_supervisor.switch_subscriptions import ALIVE_EVERY, SwitchSubscriptions, message_type

PROGRAM, SAFETY = vendor_stop.VENDORS['ur']


class Node:
    def __init__(self):
        self.callbacks, self.publishers = {}, 1

    def subscribe(self, topic, callback):
        self.callbacks[topic.name] = callback

    def count_publishers(self, name):
        return self.publishers


@pytest.fixture
def bridge(monkeypatch):
    monkeypatch.setattr('vla_supervisor.switch_subscriptions.message_type', lambda topic: Bool)
    node, e_stop = Node(), EStop(EStopParams(source='ur'))
    monitor = SimpleNamespace(dead_man=DeadManSwitch(DeadManParams()), e_stop=e_stop)
    return node, e_stop, SwitchSubscriptions(node, monitor, topics.DEAD_MAN, topics.E_STOP)


def test_messages_of_the_driver_arrive_as_reasons(bridge):
    node, e_stop, _ = bridge
    node.callbacks[PROGRAM.name](Bool(data=True))
    node.callbacks[SAFETY.name](SimpleNamespace(mode=7))
    assert e_stop.emergency == 'the robot reports: robot emergency stop'
    node.callbacks[SAFETY.name](SimpleNamespace(mode=1))
    assert (e_stop.emergency, e_stop.inhibit(0.0)) == ('', '')
    node.callbacks[PROGRAM.name](Bool(data=False))
    assert 'External Control' in e_stop.emergency


def test_a_driver_that_ends_inhibits(bridge):
    node, e_stop, subscriptions = bridge
    node.callbacks[PROGRAM.name](Bool(data=True))
    node.callbacks[SAFETY.name](SimpleNamespace(mode=1))
    node.publishers = 0
    for _ in range(ALIVE_EVERY):
        subscriptions.check_driver()
    assert 'the driver has ended' in e_stop.inhibit(0.0)


def test_a_message_package_that_is_not_installed_is_named():
    assert message_type(PROGRAM) is Bool
    with pytest.raises(UserError, match=r'ur_dashboard_msgs/SafetyMode, which is not installed'):
        message_type(SAFETY)


def test_the_switches_of_the_operator_are_heard(bridge):
    node, e_stop, _ = bridge
    node.callbacks['e_stop'](Bool(data=True))
    assert e_stop.emergency == 'the emergency stop is pressed'
