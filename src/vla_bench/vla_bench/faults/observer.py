"""Hears a running graph in a thread of its own: what came, and when by one steady clock."""

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

AT_ONE_TIME = 1e-4  # s, between two looks at a clock
POLL = 0.001  # s, between two looks at what has come
LOOKS = 20  # after the end of a wait, until what came before it has been heard for sure
KEPT = 200  # messages of a topic that wait while the witness has no time: none may be missed


@dataclass(frozen=True)
class ReceivedMessage:
    """One message and when it came."""

    at: float  # s, steady clock: when DDS had it, however late the witness looks
    record: Any


def deep(topic: Topic) -> Topic:
    """The same topic for one who wants to hear everything, not the newest."""
    profile = copy.copy(topic.qos)
    profile.depth = KEPT
    return replace(topic, qos=profile)


def system_now() -> float:
    """s, of the clock that DDS stamps by."""
    return float(Clock(clock_type=ClockType.SYSTEM_TIME).now().nanoseconds * 1e-9)


def steady_ahead(before: float) -> float:
    """s, of the steady clock before the system's, by which DDS stamps; `before`, what was found
    last, while this thread is displaced between the two: then they were not read at one time."""
    while True:
        began = time.monotonic()
        system = system_now()
        took = time.monotonic() - began
        if took <= AT_ONE_TIME:
            return began + 0.5 * took - system
        if isfinite(before):
            return before


class GraphObserver:
    """Keeps everything it hears; can speak on some topics, to do harm. rclpy runs already.

    What is no record is kept too, as the text of what is wrong with it, under 'bad NAME'.
    """

    def __init__(
        self, robot: RobotConfig, more: Mapping[str, Topic] = MappingProxyType({})
    ) -> None:
        self._node = rclpy.create_node('witness')
        links = Endpoints(self._node, lambda _: None)
        heard = {  # causes first: what is heard in one turn never makes an answer too early
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
        names = [*heard, *(f'bad {name}' for name in heard)]
        self._logs: dict[str, list[ReceivedMessage]] = {name: [] for name in names}
        for name, topic in heard.items():
            refuse = partial(self._note, self._logs[f'bad {name}'])
            links.subscribe(deep(topic), partial(self._note, self._logs[name]), refuse)
        self.say_chunk: Callable[[ActionChunk], None] = links.advertise(topics.CHUNK)
        self.say_scene: Callable[[GroundedScene], None] = links.advertise(topics.SCENE)
        self._came = 0.0  # s, steady clock, of the message at hand
        self._ahead = steady_ahead(nan)  # s, of the steady clock before the one DDS stamps by
        self._looks = 0  # times that it has looked at all topics
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._hear, args=(links,), daemon=True)
        self._thread.start()

    @property
    def ros_now(self) -> float:
        """s, ROS time."""
        return float(self._node.get_clock().now().nanoseconds * 1e-9)

    def ros_of(self, at: float) -> float:
        """s, ROS time of a moment of the steady clock, where ROS time is the system's."""
        return at - self._ahead

    def since(self, name: str, at: float) -> list[ReceivedMessage]:
        """What came on a stream after `at` s, steady clock, oldest first."""
        log = self._logs[name]
        k = len(log)
        while k > 0 and log[k - 1].at > at:
            k -= 1
        return log[k:]

    def last(self, name: str) -> ReceivedMessage | None:
        log = self._logs[name]
        return log[-1] if log else None

    def wait(self, until: Callable[[], Any], seconds: float) -> Any:
        """What `until` says once it is true, or at the end of `seconds`; not before the witness
        has looked at what came by then: a busy machine may let neither run for a second."""
        end, enough = time.monotonic() + seconds, inf
        while not (said := until()) and self._looks < enough and self._thread.is_alive():
            if time.monotonic() >= end:
                enough = min(enough, self._looks + LOOKS)
            time.sleep(2 * POLL)
        return said

    def rival(self, topic: Topic) -> Any:
        """Publish where one must not; hand it to `withdraw` afterwards."""
        return self._node.create_publisher(topic.type, topic.name, topic.qos)

    def withdraw(self, publisher: Any) -> None:
        self._node.destroy_publisher(publisher)

    def close(self) -> None:
        self._is_over.set()
        self._thread.join(timeout=2.0)
        self._node.destroy_node()

    def _hear(self, links: Endpoints) -> None:
        while not self._is_over.is_set():
            self._ahead = steady_ahead(self._ahead)
            links.drain(self._arrived)
            self._looks += 1
            time.sleep(POLL)

    def _arrived(self, nanoseconds: int) -> None:
        self._came = 1e-9 * nanoseconds + self._ahead

    def _note(self, log: list[ReceivedMessage], record: Any) -> None:
        log.append(ReceivedMessage(self._came, record))
