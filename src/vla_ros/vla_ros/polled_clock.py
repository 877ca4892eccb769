"""Simulated time for nodes that work in cycles.

A simulator publishes /clock hundreds of times a second. rclpy wakes the executor of every node for
each; at 250 Hz, with ten nodes on two cores, that left too little time for the work. Read as a
cycle begins, the time is as good and costs nothing in between.
"""

from __future__ import annotations

from time import time_ns
from typing import Any

from rclpy.lifecycle import LifecycleNode
from rclpy.subscription import Subscription
from rclpy.time_source import CLOCK_TOPIC

from vla_ros.endpoints import PolledCallbackGroup, PolledSubscription, take_all


class PolledClockNode(LifecycleNode):
    """A lifecycle node whose /clock, when it uses one, is read by `read_clock` alone."""

    def __init__(self, name: str) -> None:
        self._clocks: list[PolledSubscription] = []
        super().__init__(name)  # subscribes to /clock with `use_sim_time`

    @property
    def now(self) -> float:
        """s, ROS time; a simulated one as it was when this cycle began."""
        if not self._clocks:
            return time_ns() * 1e-9  # what rclpy's clock says then, in a tenth of the time
        return float(self.get_clock().now().nanoseconds * 1e-9)

    def create_subscription(
        self, kind: Any, topic: str, receive: Any, *args: Any, **more: Any
    ) -> Subscription:
        if topic != CLOCK_TOPIC:
            return super().create_subscription(kind, topic, receive, *args, **more)
        more['callback_group'] = PolledCallbackGroup()
        made = super().create_subscription(kind, topic, receive, *args, **more)
        self._clocks.append(PolledSubscription(made, receive))
        return made

    def destroy_subscription(self, subscription: Subscription) -> bool:
        self._clocks = [c for c in self._clocks if c.subscription is not subscription]
        return bool(super().destroy_subscription(subscription))

    def read_clock(self) -> None:
        """Set the node's clock to the newest simulated time, if it uses one."""
        take_all(self._clocks)
