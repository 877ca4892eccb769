"""A /clock source that can jump and pause; for tests of the graph under use_sim_time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rosgraph_msgs.msg import Clock as ClockMessage

from vla_core.params import check, param
from vla_interfaces.srv import InjectFault
from vla_ros import params
from vla_ros.convert.fields import time_msg
from vla_ros.main import run

KNOWN = ('jump', 'pause', 'none')


@dataclass(frozen=True)
class ClockParams:
    """Publishing period of the clock."""

    period: float = param(0.004, 's, publishing period', lo=0.001, hi=0.1)

    def __post_init__(self) -> None:
        check(self)


class ClockNode(Node):
    """Publishes the machine's time plus injected jumps, minus injected pauses."""

    name = 'clock'
    realtime_priority = 45

    def __init__(self) -> None:
        super().__init__(self.name)
        p = params.declare(self, ClockParams)
        self._offset = self.get_clock().now().nanoseconds * 1e-9 - time.monotonic()
        self._paused_at: float | None = None  # s, None: running
        self._publisher = self.create_publisher(ClockMessage, '/clock', QoSProfile(depth=1))
        self.create_service(InjectFault, 'clock/inject', self._on_inject)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(p.period, self._tick, clock=steady)

    @property
    def _time(self) -> float:
        return time.monotonic() + self._offset if self._paused_at is None else self._paused_at

    def _tick(self) -> None:
        self._publisher.publish(ClockMessage(clock=time_msg(self._time)))

    def _on_inject(self, request: Any, response: Any) -> Any:
        if request.name not in KNOWN:
            response.message = f'unknown fault {request.name!r}; known: {", ".join(KNOWN)}'
            return response
        if request.name == 'jump':
            self._offset += request.value
        elif request.name == 'pause':
            self._paused_at = self._time
        elif self._paused_at is not None:
            self._offset, self._paused_at = self._paused_at - time.monotonic(), None
        response.success = True
        return response


def main() -> None:
    run(ClockNode)
