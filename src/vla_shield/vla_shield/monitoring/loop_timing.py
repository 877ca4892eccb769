"""Cycle time of the shield: repeated overruns slow the robot, a long one holds it."""

from __future__ import annotations

from collections import deque

OVERRUN_MS = 15.0
LONG_OVERRUN_MS = 50.0
WINDOW = 1.0  # s
MAX_OVERRUNS = 3  # within the window
SLOW_SCALE = 0.5


class LoopTiming:
    """Counts the overruns of the last second."""

    def __init__(self) -> None:
        self._overruns: deque[float] = deque(maxlen=32)  # s, when
        self._long_overrun = float('-inf')  # s, when
        self.loop_ms = 0.0
        self.period_ms = 0.0

    def put(self, loop_ms: float, period_ms: float, now: float) -> None:
        """Note work time and period of the last cycle; NaN counts as an overrun."""
        self.loop_ms, self.period_ms = loop_ms, period_ms
        if not (0.0 <= loop_ms <= OVERRUN_MS and 0.0 <= period_ms <= OVERRUN_MS):
            self._overruns.append(now)
        if not (0.0 <= loop_ms <= LONG_OVERRUN_MS and 0.0 <= period_ms <= LONG_OVERRUN_MS):
            self._long_overrun = now

    def clear(self) -> None:
        """Forget all overruns after a clock jump."""
        self._overruns.clear()
        self._long_overrun = float('-inf')

    def has_long_overrun(self, now: float, dwell: float) -> bool:
        """True for `dwell` s after a long overrun."""
        return now - self._long_overrun <= dwell

    def scale(self, now: float) -> float:
        """[0, 1] of full speed."""
        recent = sum(now - overrun <= WINDOW for overrun in self._overruns)
        return SLOW_SCALE if recent >= MAX_OVERRUNS else 1.0
