"""An armed robot that is not used is disarmed: nobody leaves it ready to move."""

from __future__ import annotations

import math

from vla_core.records.safety import ArmState


class IdleTimer:
    """For how long the robot has been armed without motion."""

    def __init__(self, limit: float) -> None:
        self._limit = limit  # s
        self._since = math.inf  # s

    def is_over(self, state: ArmState, is_at_rest: bool, now: float) -> bool:
        """True when nothing has moved for the limit."""
        is_idle = state == ArmState.ARMED and is_at_rest
        if not (is_idle and self._since <= now):  # used, or the clock jumped back
            self._since = now
        return now - self._since >= self._limit
