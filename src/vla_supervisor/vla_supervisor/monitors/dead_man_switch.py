"""The dead-man (enabling) switch: where it is required, the robot moves only while it is held."""

from __future__ import annotations

from dataclasses import dataclass

from vla_core.params import check, param


@dataclass(frozen=True)
class DeadManParams:
    """Whether the switch is required, and the maximum age of its message."""

    required: bool = param(False, 'no motion unless it is held (topic dead_man)')
    max_age: float = param(0.2, 's, maximum age of the last message', lo=0.02, hi=1.0)

    def __post_init__(self) -> None:
        check(self)


class DeadManSwitch:
    """The last state of the switch. Times: steady clock, s."""

    def __init__(self, params: DeadManParams) -> None:
        self.params = params
        self._is_held = False
        self._received = -float('inf')  # s

    def on_state(self, is_held: bool, steady: float) -> None:
        """Store the state received at `steady` s."""
        self._is_held, self._received = bool(is_held), steady

    def inhibit(self, steady: float) -> str:
        """Return why motion is not permitted; empty when it is."""
        if not self.params.required:
            return ''
        if not steady - self._received <= self.params.max_age:
            return 'no message from the dead-man switch'
        return '' if self._is_held else 'the dead-man switch is released'
