"""Subscriptions of the supervisor to the enabling switch, to the emergency stop, and to what the
robot's own driver says about it."""

from __future__ import annotations

import importlib
from time import monotonic
from typing import TYPE_CHECKING, Any

import std_msgs.msg

from vla_core.errors import UserError
from vla_ros import qos
from vla_ros.topics import ROBOT, Topic
from vla_supervisor.monitors.system_monitor import SystemMonitor
from vla_supervisor.monitors.vendor_stop import VENDORS, VendorTopic

if TYPE_CHECKING:
    from vla_ros.node import ManagedNode

ALIVE_EVERY = 50  # cycles between two counts of the publishers


class SwitchSubscriptions:
    """Feeds the switches of the system monitor."""

    def __init__(
        self, node: ManagedNode, monitor: SystemMonitor, dead_man: Topic, e_stop: Topic
    ) -> None:
        switch, stop = monitor.dead_man, monitor.e_stop
        self._node, self._e_stop = node, stop
        self._topics = VENDORS.get(stop.params.source, ())
        self._cycle = 0
        node.subscribe(dead_man, lambda m: switch.on_state(m.data, monotonic()))
        node.subscribe(e_stop, lambda m: stop.on_state(m.data, monotonic()))
        for topic in self._topics:
            self._subscribe(topic)

    def _subscribe(self, topic: VendorTopic) -> None:
        kind = message_type(topic)
        # a latched subscription does not match a volatile publisher
        profile = qos.STATE if topic.is_latched else qos.EVENT
        entry = Topic(topic.name, kind, profile, (ROBOT,), ('supervisor',))
        self._node.subscribe(entry, lambda message: self._put(topic, message))

    def _put(self, topic: VendorTopic, message: Any) -> None:
        fault = topic.fault(int(getattr(message, topic.field)))
        self._e_stop.on_driver(topic.name, fault, monotonic())

    def check_driver(self) -> None:
        """Note now and then whether the driver still publishes."""
        self._cycle += 1
        if self._topics and self._cycle % ALIVE_EVERY == 0:
            counts = [self._node.count_publishers(topic.name) for topic in self._topics]
            self._e_stop.on_driver_alive(all(counts))


def message_type(topic: VendorTopic) -> type:
    """The class of a driver's message; UserError names the package to install."""
    kinds: dict[str, Any] = {'std_msgs': std_msgs.msg}
    try:
        if topic.package == 'ur_dashboard_msgs':
            kinds['ur_dashboard_msgs'] = importlib.import_module('ur_dashboard_msgs.msg')
        elif topic.package == 'franka_msgs':
            kinds['franka_msgs'] = importlib.import_module('franka_msgs.msg')
    except ImportError as error:
        raise UserError(
            f'{topic.name} is of type {topic.package}/{topic.type}, which is not installed: '
            f"source the workspace of the robot's driver, or set e_stop.source to topic and "
            f'publish a Bool on e_stop'
        ) from error
    kind: type = getattr(kinds[topic.package], topic.type)
    return kind
