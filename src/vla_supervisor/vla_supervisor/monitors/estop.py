"""The emergency stop as the robot's own controller reports it; the stop itself is hardware."""

from __future__ import annotations

from dataclasses import dataclass

from vla_core.params import check, param

PRESSED = 'the emergency stop is pressed'


@dataclass(frozen=True)
class EStopParams:
    """Whether its message is required, and the maximum age of the message."""

    required: bool = param(False, 'no motion without its message (topic e_stop)')
    max_age: float = param(0.5, 's, maximum age of the last message', lo=0.02, hi=5.0)

    def __post_init__(self) -> None:
        check(self)


class EStop:
    """The last state of the emergency stop; pressed counts whether it is required or not."""

    def __init__(self, params: EStopParams) -> None:
        self.params = params
        self.is_pressed = False
        self._received = -float('inf')  # s, steady clock

    def on_state(self, is_pressed: bool, steady: float) -> None:
        """Store the state received at `steady` s."""
        self.is_pressed, self._received = bool(is_pressed), steady

    def inhibit(self, steady: float) -> str:
        """Return why motion is not permitted without a message; empty when it is."""
        is_fresh = steady - self._received <= self.params.max_age
        return '' if is_fresh or not self.params.required else 'no message from the emergency stop'
