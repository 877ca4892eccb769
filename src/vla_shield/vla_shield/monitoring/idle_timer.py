"""An armed robot that is not used is disarmed: nobody leaves it ready to move."""

from __future__ import annotations

import math

from vla_core.records.safety import ArmState
from vla_shield.shield import Shield


class IdleTimer:
    """For how long the robot has been armed without motion. Times: steady clock, s, because the
    ROS clock may be set."""

    def __init__(self, limit: float) -> None:
        self._limit = limit  # s
        self._since = math.inf  # s
        self.reason = f'disarmed: armed for {limit:g} s without motion'

    def disarms(self, shield: Shield, now: float) -> bool:
        """Disarm after the limit; True in the cycle in which it does."""
        is_idle = shield.state == ArmState.ARMED and shield.reference.is_at_rest
        if not (is_idle and self._since <= now):  # used
            self._since = now
        if now - self._since < self._limit:
            return False
        shield.disarm(now)
        return True
