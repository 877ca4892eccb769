"""The emergency stop as the robot's own controller reports it. The stack hears of it; the stop
itself is hardware."""

from __future__ import annotations

from dataclasses import dataclass

from vla_core.params import check, param

PRESSED = 'the emergency stop is pressed'


@dataclass(frozen=True)
class EStopParams:
    """Whether its word is required, and how often it must be heard."""

    required: bool = param(False, 'nothing moves while it is silent (topic e_stop)')
    max_age: float = param(0.5, 's, of silence', lo=0.02, hi=5.0)

    def __post_init__(self) -> None:
        check(self)


class EStop:
    """The last word of the emergency stop; bad news counts whether it is required or not."""

    def __init__(self, params: EStopParams) -> None:
        self.params = params
        self.is_pressed = False
        self._heard = -float('inf')  # s, steady clock

    def put(self, is_pressed: bool, steady: float) -> None:
        """Note what was said at `steady` s."""
        self.is_pressed, self._heard = bool(is_pressed), steady

    def silence(self, steady: float) -> str:
        """Return why nothing may move while it is not heard; empty when it may."""
        is_heard = steady - self._heard <= self.params.max_age
        return '' if is_heard or not self.params.required else 'the emergency stop is silent'
