"""The dead-man switch: while it is required, the robot moves only as long as it is held."""

from __future__ import annotations

from dataclasses import dataclass

from vla_core.params import check, param


@dataclass(frozen=True)
class DeadManParams:
    """Whether it is required, and how often it must be heard."""

    required: bool = param(False, 'nothing moves unless it is held (topic dead_man)')
    max_age: float = param(0.2, 's, of silence while it is held', lo=0.02, hi=1.0)

    def __post_init__(self) -> None:
        check(self)


class DeadManSwitch:
    """The last word of the switch; times are of the steady clock."""

    def __init__(self, params: DeadManParams) -> None:
        self.params = params
        self._is_held = False
        self._heard = -float('inf')  # s

    def put(self, is_held: bool, steady: float) -> None:
        """Note what the switch said at `steady` s."""
        self._is_held, self._heard = bool(is_held), steady

    def reason(self, steady: float) -> str:
        """Return why nothing may move; empty while it may."""
        if not self.params.required:
            return ''
        age = steady - self._heard
        if not age <= self.params.max_age:
            return 'the dead-man switch is silent'
        return '' if self._is_held else 'the dead-man switch is not held'
