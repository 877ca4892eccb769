"""Answers requests for leases, and says when their state is to be published."""

from __future__ import annotations

from typing import Any

from vla_core.records.lease import LeaseKind, Leases
from vla_shield.inputs.leases import LeaseTable

PUBLISH_EVERY = 0.5  # s between two equal states


class LeaseServer:
    """Between the table and the node. Times: ROS time, s."""

    def __init__(self, table: LeaseTable) -> None:
        self._table = table
        self._sent: Leases | None = None

    def answer(self, request: Any, response: Any, now: float) -> str:
        """Fill the response of a vla_interfaces/srv/Lease; return a line for the log."""
        holder, arms, kind = request.holder, tuple(request.arms), request.kind
        if request.release:
            response.message = self._table.release(holder, arms)
        elif kind not in list(LeaseKind):
            response.message = f'no kind {kind}; known: {", ".join(map(repr, LeaseKind))}'
        else:
            response.message = self._table.acquire(holder, LeaseKind(kind), arms, now)
        response.success = not response.message
        verb = 'release' if request.release else 'lease'
        return f'{verb} for {holder}: {response.message or "done"}'

    def due(self, now: float) -> Leases | None:
        """The state to publish now: a new one at once, an unchanged one every PUBLISH_EVERY."""
        state, sent = self._table.state(now), self._sent
        is_known = sent is not None and 0.0 <= now - sent.stamp < PUBLISH_EVERY
        if sent and is_known and (state.leases, state.refused) == (sent.leases, sent.refused):
            return None
        self._sent = state
        return state
