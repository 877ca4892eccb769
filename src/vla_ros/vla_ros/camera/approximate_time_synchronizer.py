"""Pairs of messages of two topics with nearly the same stamp, as message_filters makes them.

There is no message_filters wheel for ROS 2 Jazzy; `queue_size` and `slop` mean the same as in its
ApproximateTimeSynchronizer.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from math import inf
from statistics import median
from typing import Generic, TypeVar

M = TypeVar('M')
FIRST, SECOND = 0, 1  # topics
SLOP = 0.05  # s, usual largest difference of the stamps of a pair
QUEUE = 10  # usual length of the queues
SAME = 0.005  # s; stamps that differ by less are of one exposure: far below half a period at 30 Hz
RESET = 1.0  # s; a stamp this far before the topic's newest means that the clock was set back
RECENT = 20  # pairs and periods that are remembered


class ApproximateTimeSynchronizer(Generic[M]):
    """Keeps the last `queue_size` messages of each topic until they pair within `slop` s.

    A pair consists of two messages that are nearest to each other. It is returned at once when
    both stamps are the same, else as soon as the periods of the topics exclude a nearer message:
    a lost message does not pair its partner with one of another exposure. Each message is used
    once, and whatever is older than a pair is dropped, so that pairs come in the order of stamps.
    """

    def __init__(self, queue_size: int = QUEUE, slop: float = SLOP) -> None:
        self._queue_size, self._slop = queue_size, slop
        self.clear()

    def clear(self) -> None:
        """Drop all messages."""
        self._queues: tuple[dict[float, M], dict[float, M]] = ({}, {})
        self._newest = [-inf, -inf]  # s, stamp of the newest message
        self._used = [-inf, -inf]  # s, stamp of the last message in a pair
        self._periods = (deque[float](maxlen=RECENT), deque[float](maxlen=RECENT))  # s
        self._offsets = deque[float](maxlen=RECENT)  # s, in the last pairs
        self.unpaired = 0  # messages of the first topic since the last pair

    def put(self, topic: int, stamp: float, message: M) -> tuple[M, M] | None:
        """Add a message of FIRST or SECOND; return the next pair, or None."""
        if stamp < self._newest[topic] - RESET:
            self.clear()
        if not stamp > self._used[topic]:
            return None  # older than a pair, or not a number
        self.unpaired += topic == FIRST
        if 0.0 < stamp - self._newest[topic] < inf:
            self._periods[topic].append(stamp - self._newest[topic])
        self._newest[topic] = max(stamp, self._newest[topic])
        queue = self._queues[topic]
        queue[stamp] = message
        while len(queue) > self._queue_size:
            del queue[min(queue)]
        pair = next(filter(self._is_final, self._pairs()), None)
        return None if pair is None else self._take(*pair)

    def pair_offset(self) -> float | None:
        """Return s from the first topic's stamp to the second's, median of the last pairs; None
        without one."""
        return median(self._offsets) if self._offsets else None

    def offset(self) -> float | None:
        """Return s to the stamp of the second topic from the nearest of the first one, median of
        the queue; between the newest when it is RESET or more; None without messages of both."""
        first, second = (sorted(queue) for queue in self._queues)
        if not (first and second):
            return None
        offset = median(stamp - _nearest(first, stamp) for stamp in second)
        return offset if abs(offset) < RESET else second[-1] - first[-1]

    def _pairs(self) -> list[tuple[float, float]]:
        """Return the stamps that are nearest to each other and within the slop, oldest first."""
        first, second = (sorted(queue) for queue in self._queues)
        if not (first and second):
            return []
        nearest = [(stamp, _nearest(second, stamp)) for stamp in first]
        return [
            (one, other)
            for one, other in nearest
            if abs(one - other) <= self._slop and _nearest(first, other) == one
        ]

    def _is_final(self, pair: tuple[float, float]) -> bool:
        """True when no message that is still to come can be nearer to one of the pair."""
        gap = abs(pair[FIRST] - pair[SECOND])
        if gap <= SAME:
            return True
        early = FIRST if pair[FIRST] < pair[SECOND] else SECOND
        period = min(self._periods[early], default=0.0)
        return self._newest[early] + period >= pair[1 - early] + gap

    def _take(self, first: float, second: float) -> tuple[M, M]:
        """Return the messages with these stamps; drop them and all that are older."""
        messages = self._queues[FIRST][first], self._queues[SECOND][second]
        for queue, used in zip(self._queues, (first, second), strict=True):
            for stamp in [stamp for stamp in queue if stamp <= used]:
                del queue[stamp]
        self._used, self.unpaired = [first, second], 0
        self._offsets.append(second - first)
        return messages


def _nearest(stamps: list[float], stamp: float) -> float:
    """Return the one of the sorted stamps that is nearest to `stamp`."""
    k = bisect_left(stamps, stamp)
    return min(stamps[max(k - 1, 0) : k + 1], key=lambda s: abs(s - stamp))
