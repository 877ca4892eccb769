"""The newest value of one input, and whether it is still good."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite
from typing import Generic, TypeVar

T = TypeVar('T')


@dataclass
class Latest(Generic[T]):
    """The newest value of one input and its stamp in seconds."""

    tolerance: float = (
        0.02  # s, a stamp up to this far ahead of now is clock jitter, not the future
    )
    value: T | None = None
    stamp: float = -inf

    def put(self, value: T, stamp: float) -> None:
        """Keep `value` unless it is older than what is there or its stamp is not finite."""
        if isfinite(stamp) and stamp >= self.stamp:
            self.value, self.stamp = value, stamp

    def fresh(self, now: float, max_age: float) -> T | None:
        """The value, or None when it is missing, older than `max_age` s or from the future."""
        return self.value if -self.tolerance <= now - self.stamp <= max_age else None

    def age(self, now: float) -> float:
        """s since the stamp; infinite when there is nothing."""
        return now - self.stamp

    def clear(self) -> None:
        """Forget (the clock jumped back, the task ended)."""
        self.value, self.stamp = None, -inf
