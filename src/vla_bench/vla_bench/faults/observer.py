"""Records the messages of a running graph in a thread, with arrival times on one steady clock."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import inf, isfinite, nan
from types import MappingProxyType
from typing import Any

import rclpy
from rclpy.clock import Clock
from rclpy.clock_type import ClockType

from vla_core.records.action import ActionChunk
from vla_core.records.scene import GroundedScene
from vla_core.robot.config import RobotConfig
from vla_ros import topics
from vla_ros.endpoints import Endpoints
from vla_ros.topics import Topic

SIMULTANEOUS = 1e-4  # s, within which two clocks count as read at one time
POLL = 0.001  # s, between two polls of the subscriptions
POLLS = 20  # after the end of a wait; by then everything that arrived before it is recorded
DEPTH = 200  # messages queued per topic while the observer thread is not scheduled


@dataclass(frozen=True)
class ReceivedMessage:
    """One message and its arrival time."""

    at: float  # s, steady clock: arrival in DDS, however late the observer polls
    record: Any


def deep(topic: Topic) -> Topic:
    """The same topic with a queue that keeps every message, not only the newest."""
    profile = copy.copy(topic.qos)
    profile.depth = DEPTH
    return replace(topic, qos=profile)


def system_now() -> float:
    """Time in s of the system clock, by which DDS stamps arrivals."""
    return float(Clock(clock_type=ClockType.SYSTEM_TIME).now().nanoseconds * 1e-9)


def steady_offset(before: float) -> float:
    """Offset in s of the steady clock to the system clock, by which DDS stamps.

    Returns `before`, the last offset, if this thread was preempted between reading the two clocks.
    """
    while True:
        began = time.monotonic()
        system = system_now()
        took = time.monotonic() - began
        if took <= SIMULTANEOUS:
            return began + 0.5 * took - system
        if isfinite(before):
            return before


class GraphObserver:
    """Keeps every message; can publish on some topics, to inject faults. rclpy is initialised.

    A message that cannot be converted is kept under 'bad NAME', as the text of the error.
    """

    def __init__(
        self, robot: RobotConfig, more: Mapping[str, Topic] = MappingProxyType({})
    ) -> None:
        self._node = rclpy.create_node('observer')
        endpoints = Endpoints(self._node, lambda _: None)
        endpoints.frame = robot.base_frame
        received = {  # causes first: within one poll no reaction is recorded before its cause
            **more,
            'joints': topics.joint_states(robot),
            'target': topics.TARGET,
            'chunk': topics.CHUNK,
            'scene': topics.SCENE,
            'status': topics.STATUS,
            'control': topics.CONTROL_STATE,
            'report': topics.REPORT,
            'command': topics.arm_command(robot),
        }
        names = [*received, *(f'bad {name}' for name in received)]
        self._logs: dict[str, list[ReceivedMessage]] = {name: [] for name in names}
        for name, topic in received.items():
            refuse = partial(self._note, self._logs[f'bad {name}'])
            endpoints.subscribe(deep(topic), partial(self._note, self._logs[name]), refuse)
        self.publish_chunk: Callable[[ActionChunk], None] = endpoints.advertise(topics.CHUNK)
        self.publish_scene: Callable[[GroundedScene], None] = endpoints.advertise(topics.SCENE)
        self._arrival = 0.0  # s, steady clock, of the current message
        self._offset = steady_offset(nan)  # s, offset of the steady clock to the one DDS stamps by
        self._polls = 0  # of all subscriptions so far
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._record, args=(endpoints,), daemon=True)
        self._thread.start()

    @property
    def ros_now(self) -> float:
        """s, ROS time."""
        return float(self._node.get_clock().now().nanoseconds * 1e-9)

    def ros_of(self, at: float) -> float:
        """ROS time in s at a steady time, where ROS time is the system time."""
        return at - self._offset

    def since(self, name: str, at: float) -> list[ReceivedMessage]:
        """The messages of a topic that arrived after `at` s, steady clock, oldest first."""
        log = self._logs[name]
        k = len(log)
        while k > 0 and log[k - 1].at > at:
            k -= 1
        return log[k:]

    def last(self, name: str) -> ReceivedMessage | None:
        log = self._logs[name]
        return log[-1] if log else None

    def wait(self, until: Callable[[], Any], seconds: float) -> Any:
        """The value of `until` once it is true, or after `seconds`.

        Returns only after the observer has recorded what arrived by then: on a busy machine its
        thread may not run for a second.
        """
        end, enough = time.monotonic() + seconds, inf
        while not (value := until()) and self._polls < enough and self._thread.is_alive():
            if time.monotonic() >= end:
                enough = min(enough, self._polls + POLLS)
            time.sleep(2 * POLL)
        return value

    def add_publisher(self, topic: Topic) -> Any:
        """An unauthorised publisher; remove it with `remove_publisher`."""
        return self._node.create_publisher(topic.type, topic.name, topic.qos)

    def remove_publisher(self, publisher: Any) -> None:
        self._node.destroy_publisher(publisher)

    def close(self) -> None:
        self._is_over.set()
        self._thread.join(timeout=2.0)
        self._node.destroy_node()

    def _record(self, endpoints: Endpoints) -> None:
        while not self._is_over.is_set():
            self._offset = steady_offset(self._offset)
            endpoints.drain(self._set_arrival)
            self._polls += 1
            time.sleep(POLL)

    def _set_arrival(self, nanoseconds: int) -> None:
        self._arrival = 1e-9 * nanoseconds + self._offset

    def _note(self, log: list[ReceivedMessage], record: Any) -> None:
        log.append(ReceivedMessage(self._arrival, record))
