"""The decision of one cycle and its reason."""

from __future__ import annotations

from dataclasses import dataclass

from vla_core.frozen import Array
from vla_core.records.safety import Decision

PERMITTED = Decision.PASS  # motion is permitted; the optimiser step refines the decision
MOVING = (Decision.PASS, Decision.CLIPPED, Decision.SLOWED)


@dataclass(frozen=True)
class CycleDecision:
    """A decision with reason and rules."""

    decision: Decision
    reason: str = ''
    rules: tuple[str, ...] = ()
    return_to: Array | None = None  # (n,) rad, moved to slowly instead of braking, of `arm`
    arm: int = 0

    @property
    def is_moving(self) -> bool:
        return self.decision in MOVING


DISARMED = CycleDecision(Decision.DISARMED, 'disarmed')
