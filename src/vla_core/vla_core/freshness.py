"""The newest value of one input, whether it is fresh, and jumps of the clock."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite
from typing import Generic, TypeVar

T = TypeVar('T')
CLOCK_JUMP = 1.0  # s; a stamp this far before the last is not late: the clock was set back
BACK, AHEAD = 0.5, 5.0  # s, of ROS time against steady time, that are a jump
FASTEST = 20.0  # times real time, of a simulator


@dataclass
class Latest(Generic[T]):
    """The newest value of one input and its stamp in seconds."""

    tolerance: float = 0.02  # s, clock jitter: a stamp this far ahead of now is still fresh
    value: T | None = None
    stamp: float = -inf

    def put(self, value: T, stamp: float) -> None:
        """Store `value` unless it is late, or its stamp is not finite."""
        if isfinite(stamp) and not is_late(stamp, self.stamp):
            self.value, self.stamp = value, stamp

    def fresh(self, now: float, max_age: float) -> T | None:
        """The value; None when it is missing, older than `max_age` s or from the future."""
        return self.value if -self.tolerance <= now - self.stamp <= max_age else None

    def age(self, now: float) -> float:
        """Age of the value in s; infinite when there is none."""
        return now - self.stamp

    def clear(self) -> None:
        """Discard the value, as after the clock jumped back or the task ended."""
        self.value, self.stamp = None, -inf


def is_late(stamp: float, last: float) -> bool:
    """True for a stamp before the last one, unless the clock was set back in between."""
    return 0.0 < last - stamp <= CLOCK_JUMP


def is_set_back(stamp: float, last: float) -> bool:
    """True when the clock was set back between the last stamp and this one."""
    return last - stamp > CLOCK_JUMP


class ClockJumpDetector:
    """Compares ROS time with the steady clock. Times: s."""

    def __init__(self) -> None:
        self._now = self._steady = 0.0

    def step(self, now: float, steady: float) -> float:
        """By how much ROS time has jumped since the last call; 0 when it has not. Simulated time
        may run slower or faster than real time, and it begins at 0."""
        passed, elapsed, is_first = now - self._now, steady - self._steady, self._now <= 0.0
        self._now, self._steady = now, steady
        is_jump = passed < -BACK or passed - elapsed > max(AHEAD, FASTEST * elapsed)
        return passed - elapsed if is_jump and not is_first else 0.0
