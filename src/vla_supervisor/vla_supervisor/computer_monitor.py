"""Is the computer itself well: its memory and its temperature, looked at now and then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import psutil

from vla_core.params import check, param

MB = 1e6


@dataclass(frozen=True)
class ComputerParams:
    """What the computer must have left."""

    memory: float = param(300.0, 'MB that must be free', lo=0.0, hi=1e6)
    temperature: float = param(95.0, 'deg C, of the hottest processor core', lo=40.0, hi=120.0)
    every: float = param(1.0, 's between two looks', lo=0.1, hi=60.0)

    def __post_init__(self) -> None:
        check(self)


def free_memory() -> float:
    """MB that a process could have without swapping."""
    return float(psutil.virtual_memory().available / MB)


def hottest() -> float | None:
    """deg C, of the hottest sensor of the processor; None where there is none to read."""
    found = psutil.sensors_temperatures()
    known = [t for name in ('coretemp', 'k10temp', 'cpu_thermal') for t in found.get(name, [])]
    return max((float(t.current) for t in known), default=None)


class ComputerMonitor:
    """The last look at the computer. Times are of the steady clock, s."""

    def __init__(
        self,
        params: ComputerParams,
        memory: Callable[[], float] = free_memory,
        temperature: Callable[[], float | None] = hottest,
    ) -> None:
        self.params = params
        self._memory, self._temperature = memory, temperature
        self._next = -float('inf')
        self._reason = ''

    def reason(self, steady: float) -> str:
        """Return why this computer should not run a robot now; empty when it may."""
        if steady >= self._next:
            self._next = steady + self.params.every
            self._reason = self._look()
        return self._reason

    def _look(self) -> str:
        free, heat = self._memory(), self._temperature()
        if not free >= self.params.memory:
            return f'{free:.0f} MB of memory left, {self.params.memory:.0f} needed'
        if heat is not None and not heat <= self.params.temperature:
            return f'the processor is at {heat:.0f} deg C, at most {self.params.temperature:.0f}'
        return ''
