"""Is the shield itself on time? Overruns slow the robot, a long one holds it."""

from __future__ import annotations

from collections import deque

OVERRUN_MS = 15.0
HANG_MS = 50.0
WINDOW = 1.0  # s
MANY = 3  # overruns within the window
SLOW_SCALE = 0.5


class LoopTiming:
    """Remembers late cycles of the last second."""

    def __init__(self) -> None:
        self._late: deque[float] = deque(maxlen=32)  # s, when
        self._hang = float('-inf')  # s, when
        self.loop_ms = 0.0
        self.period_ms = 0.0

    def put(self, loop_ms: float, period_ms: float, now: float) -> None:
        """Note work and distance of the last cycle; NaN counts as late."""
        self.loop_ms, self.period_ms = loop_ms, period_ms
        if not (0.0 <= loop_ms <= OVERRUN_MS and 0.0 <= period_ms <= OVERRUN_MS):
            self._late.append(now)
        if not (0.0 <= loop_ms <= HANG_MS and 0.0 <= period_ms <= HANG_MS):
            self._hang = now

    def clear(self) -> None:
        """The clock jumped."""
        self._late.clear()
        self._hang = float('-inf')

    def hangs(self, now: float, dwell: float) -> bool:
        """True for `dwell` s after a cycle that took too long altogether."""
        return now - self._hang <= dwell

    def scale(self, now: float) -> float:
        """[0, 1] of full speed."""
        return SLOW_SCALE if sum(now - late <= WINDOW for late in self._late) >= MANY else 1.0
