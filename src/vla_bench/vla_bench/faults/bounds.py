"""Bounds on reaction times: sums of configured time-outs, which a slow machine does not lengthen,
and of work, which it does."""

from __future__ import annotations

from dataclasses import dataclass

from vla_core.machine import python_ms
from vla_core.result import Figure

CONTRACT_PYTHON_MS = 3.5  # the bounds in ms hold on a machine whose `python_ms` is at most this


@dataclass(frozen=True)
class ReactionBounds:
    """Bounds in ms, multiplied by `factor` on a machine with other load."""

    factor: float = 1.0

    def figure(self, name: str, seconds: float, bound: float, after: float = 0.0) -> Figure:
        """A reaction time in ms; `after` ms are the arm's own motion, which nothing stretches.

        The name carries the contract in ms, the bound is what it is stretched to on this machine.
        """
        limit = after + stretched(bound * self.factor)
        title = f'{name} (contract {after + bound:.0f} ms)'
        return Figure(title, 1e3 * seconds, 'ms', f'<= {limit:.0f}')


def stretched(bound_ms: float) -> float:
    """The bound on this machine: longer where plain Python is slower than in the contract."""
    return bound_ms * max(1.0, python_ms() / CONTRACT_PYTHON_MS)
