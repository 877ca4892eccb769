"""A look at a running graph: health of its nodes, what they dropped, rates of its topics."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile, QoSReliabilityPolicy

from vla_core.records.safety import Heartbeat
from vla_ros import topics
from vla_ros.convert.safety import HEARTBEAT
from vla_ros.endpoints import full_name
from vla_ros.entities import destroy_with_actions
from vla_ros.transport import choose_transport

SECONDS = 3.0  # of listening
DISCOVERY, SETTLED = 8.0, 1.5  # s
LISTEN = QoSProfile(depth=200, reliability=QoSReliabilityPolicy.BEST_EFFORT)  # fits every offer
OF_FILE = (topics.COLOUR, topics.DEPTH, topics.CAMERA_INFO, topics.GOALS)  # parts of names


@dataclass(frozen=True)
class TopicView:
    """One topic: its full name, messages per second, full names of the nodes that publish it."""

    name: str
    rate: float  # Hz
    publishers: tuple[str, ...]


@dataclass(frozen=True)
class LiveView:
    """What was received within a few seconds."""

    nodes: dict[str, Heartbeat]  # newest, by node
    topics: tuple[TopicView, ...]

    @property
    def is_healthy(self) -> bool:
        return bool(self.nodes) and all(beat.healthy for beat in self.nodes.values())

    def lines(self) -> Iterator[str]:
        """The view as text."""
        if not self.nodes:
            yield 'no node sends heartbeats'
        for name, beat in sorted(self.nodes.items()):
            mark = 'ok' if beat.healthy else 'FAULT'
            yield f'{mark:6} {name:12} {beat.state:13} {beat.detail}'.rstrip()
        yield ''
        for topic in self.topics:
            who = ', '.join(topic.publishers) or 'no publisher'
            yield f'{topic.rate:7.1f} Hz  {topic.name:42} {who}'


def look(namespace: str = '', seconds: float = SECONDS) -> LiveView:
    """Listen to the graph of a namespace, on the domain of the environment."""
    choose_transport()
    context = rclpy.Context()
    rclpy.init(context=context)
    name = f'vla_doctor_{os.getpid()}'
    node = rclpy.create_node(name, namespace=namespace or '/', context=context)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    try:
        return listen(node, executor, seconds)
    finally:
        executor.shutdown()
        destroy_with_actions(node)
        rclpy.shutdown(context=context)


def listen(node: Node, executor: SingleThreadedExecutor, seconds: float) -> LiveView:
    beats: dict[str, Heartbeat] = {}
    counts: Counter[str] = Counter()

    def on_beat(message: Any) -> None:
        beat = HEARTBEAT.from_msg(message)
        beats[beat.node] = beat

    def count(topic: str, _: Any) -> None:
        counts[topic] += 1

    heard = [topic for topic in topics.ALL if topic not in OF_FILE]
    node.create_subscription(topics.HEARTBEATS.type, topics.HEARTBEATS.name, on_beat, LISTEN)
    for topic in heard:
        node.create_subscription(
            topic.type, topic.name, partial(count, topic.name), LISTEN, raw=True
        )
    discover(executor, beats)
    counts.clear()
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        executor.spin_once(timeout_sec=0.1)
    elapsed = time.monotonic() - began
    names = {node.resolve_topic_name(topic.name): topic.name for topic in heard}
    views = (TopicView(full, counts[t] / elapsed, who(node, full)) for full, t in names.items())
    return LiveView(beats, tuple(views))


def discover(executor: SingleThreadedExecutor, beats: dict[str, Heartbeat]) -> None:
    """Wait until no further node has been heard for SETTLED; without any for DISCOVERY."""
    began = newest = time.monotonic()
    known = 0
    while time.monotonic() - began < DISCOVERY:
        executor.spin_once(timeout_sec=0.1)
        if len(beats) > known:
            known, newest = len(beats), time.monotonic()
        if beats and time.monotonic() - newest > SETTLED:
            return


def who(node: Node, topic: str) -> tuple[str, ...]:
    """Return the full names of the nodes that publish `topic`."""
    return tuple(sorted(full_name(peer) for peer in node.get_publishers_info_by_topic(topic)))
