"""The heartbeat of a node and the times of its cycles."""

from __future__ import annotations

from dataclasses import dataclass

from vla_core.records.safety import Heartbeat


@dataclass
class HeartbeatBuilder:
    """Counts beats; `due` says when the next one is, by the steady clock."""

    node: str
    period: float  # s between beats
    last_ms: float = 0.0  # work of the last cycle
    max_ms: float = 0.0  # longest since the last beat
    _beats: int = 0
    _next: float = 0.0  # s, steady clock

    def cycle(self, began: float, ended: float) -> None:
        """Note how long a cycle worked."""
        self.last_ms = (ended - began) * 1e3
        self.max_ms = max(self.max_ms, self.last_ms)

    def due(self, steady: float, slack: float) -> bool:
        """Return whether to beat now, `slack` s early rather than a cycle late."""
        if steady < self._next - slack:
            return False
        self._next = steady + self.period
        return True

    def beat(self, now: float, state: str, problem: str, remark: str) -> Heartbeat:
        """Return the heartbeat at ROS time `now`."""
        is_active = state == 'active'
        detail = problem or remark if is_active else f'is {state}'
        healthy = is_active and not problem
        self._beats += 1
        longest, self.max_ms = self.max_ms, 0.0
        return Heartbeat(
            now, self.node, self._beats, healthy, self.last_ms, longest, detail, state
        )
