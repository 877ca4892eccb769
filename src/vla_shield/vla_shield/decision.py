"""What one cycle decides, and why."""

from __future__ import annotations

from dataclasses import dataclass

from vla_core.frozen import Array
from vla_core.records.safety import Decision

FREE = Decision.PASS  # nothing stands against moving; what becomes of it is known after steering
MOVING = (Decision.PASS, Decision.CLIPPED, Decision.SLOWED)


@dataclass(frozen=True)
class CycleDecision:
    """A decision with reason and rules."""

    decision: Decision
    reason: str = ''
    rules: tuple[str, ...] = ()
    ease_to: Array | None = (
        None  # (n,) rad, where to go slowly meanwhile instead of standing still
    )

    @property
    def is_moving(self) -> bool:
        return self.decision in MOVING


DISARMED = CycleDecision(Decision.DISARMED, 'disarmed')
