"""Heartbeats of a node, with the work times of its cycles."""

from __future__ import annotations

from dataclasses import dataclass

from vla_core.records.safety import Heartbeat


@dataclass
class HeartbeatBuilder:
    """Numbers the heartbeats and times them by the steady clock."""

    node: str
    period: float  # s between heartbeats
    last_ms: float = 0.0  # work of the last cycle
    max_ms: float = 0.0  # longest cycle since the last heartbeat
    _count: int = 0
    _due_at: float = 0.0  # s, steady clock

    def cycle(self, began: float, ended: float) -> None:
        """Record the work time of a cycle."""
        self.last_ms = (ended - began) * 1e3
        self.max_ms = max(self.max_ms, self.last_ms)

    def due(self, steady: float, slack: float) -> bool:
        """Return whether to send one now, up to `slack` s early rather than a cycle late."""
        if steady < self._due_at - slack:
            return False
        self._due_at = steady + self.period
        return True

    def next(
        self, now: float, state: str, problem: str, remark: str, refusals: str = ''
    ) -> Heartbeat:
        """Return the heartbeat at ROS time `now`; `refusals` is what was dropped, and why."""
        is_active = state == 'active'
        text = problem or remark if is_active else f'is {state}'
        detail = '; '.join(filter(None, (text, refusals)))
        healthy = is_active and not problem
        self._count += 1
        longest, self.max_ms = self.max_ms, 0.0
        return Heartbeat(
            now, self.node, self._count, healthy, self.last_ms, longest, detail, state
        )
