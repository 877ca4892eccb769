"""Messages as they arrive, collected into Facts."""

from __future__ import annotations

import struct
from typing import Any

from vla_commission.facts import Facts, JointArrival, TopicStream
from vla_ros.convert.fields import joined, seconds
from vla_ros.convert.sensing import JOINTS

MOST = 20_000  # messages of one topic that are kept; a flood does not fill the memory


class Collector:
    """Fills Facts; `arrival` is ROS time, s."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def put(self, topic: str, message: Any, arrival: float, stamp: float | None = None) -> None:
        """Note a message of any type; `stamp`: by default that of its header, or 0."""
        stream = self.facts.streams.setdefault(topic, TopicStream())
        stream.last = message
        if len(stream.arrivals) >= MOST:
            return
        if stamp is None:
            header = getattr(message, 'header', None)
            stamp = 0.0 if header is None else seconds(header.stamp)
        stream.arrivals.append(arrival)
        stream.stamps.append(stamp)

    def put_joints(self, topic: str, message: Any, arrival: float) -> None:
        """Note joint states, all of which are kept."""
        self.put(topic, message, arrival)
        if len(self.facts.joints) < MOST:
            self.facts.joints.append(JointArrival(arrival, JOINTS.from_msg(message)))


def stamp_of_bytes(data: bytes) -> float:
    """s, stamp of a serialised message that begins with a header."""
    order = '<' if data[1] & 1 else '>'
    return joined(*struct.unpack_from(f'{order}iI', data, 4))
