"""Messages of several topics with nearly the same stamp, as message_filters pairs them.

There is no message_filters wheel for ROS 2 Jazzy; `queue_size` and `slop` mean the same as in its
ApproximateTimeSynchronizer.
"""

from __future__ import annotations

from itertools import product
from math import inf
from typing import Generic, TypeVar

M = TypeVar('M')
RESET = 1.0  # s; a stamp this far before the topic's newest means that the clock was set back


class ApproximateTimeSynchronizer(Generic[M]):
    """Keeps the last `queue_size` messages of each topic until they match within `slop` s.

    The match with the smallest difference wins, an exact one first. Each message is used once, and
    whatever is older than a match is dropped, so that matches come in the order of their stamps.
    """

    def __init__(self, topics: int, queue_size: int, slop: float) -> None:
        self._queue_size, self._slop = queue_size, slop
        self._queues: list[dict[float, M]] = [{} for _ in range(topics)]
        self._newest = [-inf] * topics  # s, stamp of the newest message
        self._matched = [-inf] * topics  # s, stamp of the last message used
        self.unmatched = 0  # messages of the first topic since the last match

    def put(self, topic: int, stamp: float, message: M) -> tuple[M, ...] | None:
        """Add a message of the topic with this index; return the messages that match it."""
        if stamp < self._newest[topic] - RESET:
            self.clear()
        if not stamp > self._matched[topic]:
            return None  # older than a match, or not a number
        self.unmatched += topic == 0
        self._newest[topic] = max(stamp, self._newest[topic])
        queue = self._queues[topic]
        queue[stamp] = message
        while len(queue) > self._queue_size:
            del queue[min(queue)]
        stamps = self._match(topic, stamp)
        return None if stamps is None else self._take(stamps)

    def clear(self) -> None:
        """Drop all messages."""
        self.__init__(len(self._queues), self._queue_size, self._slop)  # type: ignore[misc]

    def offset(self, topic: int) -> float | None:
        """Return s from the newest message of the first topic to the nearest one of `topic`; None
        without messages of both."""
        if not self._queues[0] or not self._queues[topic]:
            return None
        newest = max(self._queues[0])
        return min((stamp - newest for stamp in self._queues[topic]), key=abs)

    def _match(self, topic: int, stamp: float) -> tuple[float, ...] | None:
        """Return the stamps, by topic, of the closest match of one message."""
        near = [
            [stamp] if k == topic else [s for s in queue if abs(s - stamp) <= self._slop]
            for k, queue in enumerate(self._queues)
        ]
        matches = [m for m in product(*near) if max(m) - min(m) <= self._slop]
        return min(matches, key=lambda m: max(m) - min(m), default=None)

    def _take(self, stamps: tuple[float, ...]) -> tuple[M, ...]:
        """Return the messages with these stamps; drop them and all that are older."""
        messages = tuple(q[stamp] for q, stamp in zip(self._queues, stamps, strict=True))
        self._queues = [
            {s: message for s, message in queue.items() if s > stamp}
            for queue, stamp in zip(self._queues, stamps, strict=True)
        ]
        self._matched, self.unmatched = list(stamps), 0
        return messages
