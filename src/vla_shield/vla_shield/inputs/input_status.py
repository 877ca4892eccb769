"""How old an input is, and what was wrong with the newest message of it."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf


@dataclass
class InputStatus:
    """Stamp and time of receipt of one input, s; why the newest message was not taken."""

    stamp: float = -inf
    received: float = -inf
    fault: str = ''

    def age(self, now: float) -> float:
        """The greater of the age by stamp and by receipt; NaN counts as for ever."""
        age = max(now - self.stamp, now - self.received)
        return age if age == age else inf

    def staleness(self, what: str, limit: float, now: float) -> str:
        """Why it is not believed any more after `limit` s, or ''."""
        age = self.age(now)
        return (
            ''
            if age <= limit + 1e-9
            else f'{what} {"never came" if age == inf else f"{age:.2f} s old"}'
        )
