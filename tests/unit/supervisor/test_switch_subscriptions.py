"""The driver's messages reach the emergency stop, and a missing message package is named."""

from types import SimpleNamespace

import pytest
from rclpy.qos import QoSDurabilityPolicy
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
        self.callbacks, self.publishers, self.durability = {}, 1, {}

    def subscribe(self, topic, callback):
        self.callbacks[topic.name] = callback
        self.durability[topic.name] = topic.qos.durability

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
    assert e_stop.take_emergency() == 'the robot reports: robot emergency stop'
    node.callbacks[SAFETY.name](SimpleNamespace(mode=1))
    assert (e_stop.take_emergency(), e_stop.inhibit(0.0)) == ('', '')
    node.callbacks[PROGRAM.name](Bool(data=False))
    assert 'External Control' in e_stop.take_emergency()


def test_what_a_ur_sends_on_change_alone_is_received_by_a_stack_that_starts_later(bridge):
    node, _, _ = bridge
    latched = QoSDurabilityPolicy.TRANSIENT_LOCAL
    assert (node.durability[PROGRAM.name], node.durability[SAFETY.name]) == (latched, latched)


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
    assert e_stop.take_emergency() == 'the emergency stop is pressed'
