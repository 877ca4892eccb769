"""The newest value of one input, and whether it is fresh."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite
from typing import Generic, TypeVar

T = TypeVar('T')


@dataclass
class Latest(Generic[T]):
    """The newest value of one input and its stamp in seconds."""

    tolerance: float = 0.02  # s, clock jitter: a stamp this far ahead of now is still fresh
    value: T | None = None
    stamp: float = -inf

    def put(self, value: T, stamp: float) -> None:
        """Store `value` unless it is older than the stored one or its stamp is not finite."""
        if isfinite(stamp) and stamp >= self.stamp:
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
