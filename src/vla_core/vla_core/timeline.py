"""Time of an action chunk: the row that is due, its expiry, and how much was executed."""

from __future__ import annotations

from bisect import bisect_right

from vla_core.records.action import ActionChunk


def row_at(chunk: ActionChunk, moment: float) -> float:
    """The fractional row at `moment`; negative before the first, not limited by the last."""
    return (moment - chunk.start) / chunk.step


def due(chunk: ActionChunk | None, now: float) -> int | None:
    """Index of the row to execute at `now`; None before the first and after the last."""
    if chunk is None:
        return None
    row = row_at(chunk, now)
    return int(row) if 0.0 <= row < chunk.horizon else None


def last_row_time(chunk: ActionChunk) -> float:
    """Time of the last row (s, ROS time)."""
    return chunk.start + (chunk.horizon - 1) * chunk.step


def deadline(chunk: ActionChunk, hold_limit: float) -> float:
    """Time (s, ROS time) at which the chunk expires: its last row is held until then."""
    return last_row_time(chunk) + min(chunk.horizon * chunk.step, hold_limit)


class Progress:
    """Executed time: advances with the clock while the arm tracks, slower or not at all while it
    is slowed or held.

    A chunk is indexed by the time executed since its observation, so after a pause it continues
    with the next row, not with the row that the clock has reached.
    """

    def __init__(self, memory: float = 2.0) -> None:
        self.memory = memory  # s of history
        self._moments: list[float] = []  # s, ROS time, ascending
        self._played: list[float] = []  # s executed up to that moment

    def advance(self, now: float, rate: float) -> None:
        """Add the time since the last call, scaled by `rate` in [0, 1]."""
        if self._moments and now <= self._moments[-1]:
            return
        gain = rate * (now - self._moments[-1]) if self._moments else 0.0
        self._played.append((self._played[-1] if self._played else 0.0) + gain)
        self._moments.append(now)
        if now - self._moments[0] > 2.0 * self.memory:
            keep = bisect_right(self._moments, now - self.memory) - 1
            del self._moments[:keep], self._played[:keep]

    def at(self, moment: float) -> float:
        """Time executed up to `moment` (s); outside the history it advances with the clock."""
        if not self._moments:
            return moment
        after = bisect_right(self._moments, moment)
        if after == 0:
            return self._played[0] + moment - self._moments[0]
        done = self._played[after - 1]
        elapsed = moment - self._moments[after - 1]
        if after == len(self._moments):
            return done + elapsed
        span = self._moments[after] - self._moments[after - 1]
        return done + (self._played[after] - done) * elapsed / span

    def row(self, chunk: ActionChunk, now: float) -> float:
        """The fractional row due at `now`, by the time executed since the chunk's observation."""
        return row_at(chunk, chunk.stamp + self.at(now) - self.at(chunk.stamp))

    def clear(self) -> None:
        """Discard the history, as after the ROS clock jumped back."""
        self._moments.clear()
        self._played.clear()
