"""Age of an input and the fault of its newest message."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf


@dataclass
class InputStatus:
    """Stamp and time of receipt of one input, s; why the newest message was refused, or ''."""

    stamp: float = -inf
    received: float = -inf
    fault: str = ''

    def age(self, now: float) -> float:
        """The greater of the age by stamp and by receipt; infinite for NaN."""
        age = max(now - self.stamp, now - self.received)
        return age if age == age else inf

    def staleness(self, name: str, timeout: float, now: float) -> str:
        """Why the input `name` is stale, or ''."""
        age = self.age(now)
        return (
            ''
            if age <= timeout + 1e-9
            else f'{name} {"never received" if age == inf else f"{age:.2f} s old"}'
        )
