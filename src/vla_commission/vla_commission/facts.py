"""What was observed on the graph within a few seconds, without any judgement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vla_core.records.sensing import JointState
from vla_core.robot.ros_names import absolute_name


@dataclass(frozen=True)
class Endpoint:
    """A publisher or a subscriber of a topic."""

    node: str  # full name
    type: str  # of its messages, e.g. sensor_msgs/msg/Image
    qos: Any  # QoSProfile


@dataclass(frozen=True)
class JointArrival:
    """One message of joint states."""

    arrival: float  # s, ROS time
    state: JointState


@dataclass
class TopicStream:
    """The messages of one topic: times of all, content of the last."""

    arrivals: list[float] = field(default_factory=list)  # s, ROS time
    stamps: list[float] = field(default_factory=list)  # s, of the headers; 0.0: none
    last: Any = None  # message

    @property
    def span(self) -> float:
        """s from the first to the last arrival."""
        return self.arrivals[-1] - self.arrivals[0] if self.arrivals else 0.0

    @property
    def rate(self) -> float:
        """Hz; 0 with fewer than two messages."""
        return (len(self.arrivals) - 1) / self.span if self.span > 0.0 else 0.0

    @property
    def ages(self) -> list[float]:
        """s, arrival minus stamp, of the messages that have a stamp."""
        pairs = zip(self.arrivals, self.stamps, strict=True)
        return [arrival - stamp for arrival, stamp in pairs if stamp != 0.0]


@dataclass
class Facts:
    """Everything that was observed; names of topics, nodes and actions are full names."""

    own: tuple[str, ...] = ()  # nodes that commissioning has started
    duration: float = 0.0  # s, of the observation
    topics: dict[str, tuple[str, ...]] = field(default_factory=dict)  # types by name
    publishers: dict[str, tuple[Endpoint, ...]] = field(default_factory=dict)
    subscribers: dict[str, tuple[Endpoint, ...]] = field(default_factory=dict)
    joints: list[JointArrival] = field(default_factory=list)
    streams: dict[str, TopicStream] = field(default_factory=dict)
    parameters: dict[str, Mapping[str, Any] | None] = field(default_factory=dict)  # by node
    action_clients: dict[str, tuple[str, ...]] = field(default_factory=dict)  # nodes by action
    nodes: tuple[str, ...] = ()
    namespace: str = ''  # of the robot's drivers and of the stack

    def full(self, name: str) -> str:
        """The full name of a topic or node of the stack."""
        return absolute_name(name, self.namespace)

    def stream(self, topic: str) -> TopicStream:
        """The stream of a topic; empty when nothing came."""
        return self.streams.get(topic) or TopicStream()

    def publishers_of(self, topic: str) -> tuple[Endpoint, ...]:
        """Publishers of a topic, without our own."""
        return tuple(p for p in self.publishers.get(topic, ()) if p.node not in self.own)

    def subscribers_of(self, topic: str) -> tuple[Endpoint, ...]:
        """Subscribers of a topic, without our own."""
        return tuple(s for s in self.subscribers.get(topic, ()) if s.node not in self.own)
