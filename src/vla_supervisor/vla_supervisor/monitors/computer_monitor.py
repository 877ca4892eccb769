"""Free memory and processor temperature of the computer, read periodically."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import psutil

from vla_core.params import check, param

MB = 1e6


@dataclass(frozen=True)
class ComputerParams:
    """Limits of memory and temperature."""

    memory: float = param(300.0, 'MB, minimum of available memory', lo=0.0, hi=1e6)
    temperature: float = param(
        95.0, 'deg C, maximum of the hottest processor core', lo=40.0, hi=120.0
    )
    every: float = param(1.0, 's, between two readings', lo=0.1, hi=60.0)

    def __post_init__(self) -> None:
        check(self)


def available_memory() -> float:
    """Return the memory, MB, that a process could have without swapping."""
    return float(psutil.virtual_memory().available / MB)


def processor_temperature() -> float | None:
    """Return deg C of the hottest processor sensor; None where there is none."""
    found = psutil.sensors_temperatures()
    known = [t for name in ('coretemp', 'k10temp', 'cpu_thermal') for t in found.get(name, [])]
    return max((float(t.current) for t in known), default=None)


class ComputerMonitor:
    """The last reading. Times: steady clock, s."""

    def __init__(
        self,
        params: ComputerParams,
        memory: Callable[[], float] = available_memory,
        temperature: Callable[[], float | None] = processor_temperature,
    ) -> None:
        self.params = params
        self._memory, self._temperature = memory, temperature
        self._next = -float('inf')
        self._fault = ''

    def fault(self, steady: float) -> str:
        """Return which limit is violated; empty when none is."""
        if steady >= self._next:
            self._next = steady + self.params.every
            self._fault = self._read()
        return self._fault

    def _read(self) -> str:
        p, memory, temperature = self.params, self._memory(), self._temperature()
        if not memory >= p.memory:
            return f'{memory:.0f} MB of memory available (minimum {p.memory:.0f} MB)'
        if temperature is not None and not temperature <= p.temperature:
            return f'processor at {temperature:.0f} deg C (limit {p.temperature:.0f} deg C)'
        return ''
