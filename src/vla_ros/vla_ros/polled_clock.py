"""Simulated time, read once per cycle, and jumps of the ROS clock.

A simulator publishes /clock hundreds of times a second, and rclpy wakes the executor of every node
for each message; at 250 Hz, with ten nodes on two cores, too little time was left for the work.
"""

from __future__ import annotations

from time import monotonic, time_ns
from typing import Any

from rclpy.lifecycle import LifecycleNode
from rclpy.subscription import Subscription
from rclpy.time_source import CLOCK_TOPIC

from vla_core.freshness import ClockJumpDetector
from vla_ros.endpoints import PolledCallbackGroup, PolledSubscription, take_all


class PolledClockNode(LifecycleNode):
    """A lifecycle node that takes simulated time from /clock in `read_clock` only."""

    def __init__(self, name: str) -> None:
        self._clocks: list[PolledSubscription] = []
        self._jump = ClockJumpDetector()
        super().__init__(name)  # subscribes to /clock under `use_sim_time`

    @property
    def now(self) -> float:
        """s, ROS time; simulated time is that of the last `read_clock`."""
        if not self._clocks:
            return time_ns() * 1e-9  # what rclpy's clock returns, at a tenth of the cost
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
        step = self._jump.step(self.now, monotonic())
        if step and self.is_configured:
            self.get_logger().warning(f'the ROS clock has jumped by {step:+.1f} s')
            self.on_clock_jump(step)

    @property
    def is_configured(self) -> bool:
        return True

    def on_clock_jump(self, step: float) -> None:
        """Called when ROS time has jumped by `step` s: kept times mean nothing any more."""
