"""When a goal is sent to a gripper: for another opening, and again after a failure."""

from __future__ import annotations

from math import isfinite

TOLERANCE = 0.001  # m, a goal this near to the last one is the same
PERIOD = 0.1  # s, least time between two goals that are no stop: the newest opening is sent then
RETRY = 1.0  # s, until the same goal is sent again after it failed


class GoalPacing:
    """Remembers the goal sent last. Times: steady clock, s."""

    def __init__(self) -> None:
        self.sent: float | None = None  # m, opening
        self._sent_at = -RETRY
        self._has_failed = False

    def is_due(self, opening: float, now: float, *, is_stop: bool = False) -> bool:
        """True when a goal for this opening (m) is to be sent now; then it counts as sent."""
        if not isfinite(opening):
            return False
        is_new = self.sent is None or not abs(opening - self.sent) <= TOLERANCE
        if not (is_new or self._has_failed):
            return False
        wait = RETRY if not is_new else 0.0 if is_stop else PERIOD
        if not now - self._sent_at >= wait:
            return False
        self.sent, self._sent_at, self._has_failed = opening, now, False
        return True

    def fail(self) -> None:
        """The goal sent last was not taken or not reached: it is sent again after RETRY."""
        self._has_failed = True

    def is_overdue(self, now: float, wait: float = RETRY) -> bool:
        """True when the goal was sent `wait` s ago: it should have been answered."""
        return now - self._sent_at >= wait

    def clear(self) -> None:
        """Forget what was sent; the next goal is sent whatever its opening."""
        self.sent, self._has_failed = None, False
