"""Keeps the lease of the arms for control: when to request it, and whether control has it."""

from __future__ import annotations

from math import inf

from vla_core.records.lease import Leases

REQUEST_EVERY = 0.25  # s between two requests of a free arm
STATE_TIMEOUT = 2.0  # s, older state of the leases: nobody knows who holds the arm


class LeaseKeeper:
    """The leases as the shield publishes them, seen by the node `holder`. Times: ROS time, s."""

    def __init__(self, holder: str, arms: tuple[str, ...]) -> None:
        self.holder, self._arms = holder, arms
        self._leases: Leases | None = None
        self._received = self._requested = -inf  # s

    def on_leases(self, leases: Leases, now: float) -> None:
        """Store the state of the leases."""
        self._leases, self._received = leases, now

    def fault(self, now: float) -> str:
        """Why control may not send targets, or ''."""
        if self._leases is None or not abs(now - self._received) <= STATE_TIMEOUT:
            return 'the shield does not publish who holds the arm'
        for arm in self._arms:
            holder = self._leases.holder(arm)
            if holder != self.holder:
                return f'{arm} is held by {holder or "nobody"}'
        return ''

    def must_request(self, now: float) -> bool:
        """True when an arm is free and the last request was REQUEST_EVERY ago."""
        leases = self._leases
        is_free = leases is not None and any(not leases.holder(arm) for arm in self._arms)
        if not is_free or 0.0 <= now - self._requested < REQUEST_EVERY:
            return False
        self._requested = now
        return True
