"""Synchronises simulated time with the wall clock and measures the real-time factor."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Pacer:
    """How many physics steps are due; `wall` is a steady clock in seconds, given by the caller."""

    step: float = 0.002  # s, simulated per physics step
    speed: float = 1.0  # target real-time factor
    max_lag: float = 0.1  # s, simulated; a larger lag is dropped
    window: float = 1.0  # s, wall, over which the factor is measured
    factor: float = 0.0  # real-time factor achieved over the last window
    dropped: float = 0.0  # s, simulated time dropped in total

    def __post_init__(self) -> None:
        self._anchor: float | None = None  # s, wall
        self._done = 0  # steps since the anchor
        self._mark = (0.0, 0)  # wall, steps: start of the window
        self._total = 0

    def due(self, wall: float) -> int:
        """Return the number of steps to take now; each is counted as taken."""
        if self._anchor is None or wall < self._anchor:
            self._anchor, self._done, self._mark = wall, 0, (wall, self._total)
        wanted = int((wall - self._anchor) * self.speed / self.step + 1e-6)
        steps, most = wanted - self._done, max(int(self.max_lag / self.step), 1)
        if steps > most:
            self.dropped += (steps - most) * self.step
            steps = most
        self._done = wanted
        self._total += max(steps, 0)
        self._measure(wall)
        return max(steps, 0)

    def _measure(self, wall: float) -> None:
        since, count = self._mark
        if wall - since >= self.window:
            self.factor = (self._total - count) * self.step / (wall - since)
            self._mark = (wall, self._total)
