"""Steady offset of the measured from the commanded position: an undeclared payload pulls the arm
down, and then clearances must hold at the measured position too."""

from __future__ import annotations

from collections import deque

import numpy as np

from vla_core.compiled import MATRIX, NUMBER, VECTOR, compiled
from vla_core.frozen import Array
from vla_shield.params import ShieldParams

MAX_DELAY = 2.0  # times the usual delay, after which a command has been executed
SMOOTHING_TIME = 0.05  # s
THRESHOLD = 0.005  # rad, of any joint: less is normal tracking error


class TrackingOffset:
    """Compares each joint sample with the commands that the arm may be executing."""

    def __init__(self, params: ShieldParams) -> None:
        self._commands: deque[Array] = deque(
            maxlen=1 + round(MAX_DELAY * params.delay / params.period)
        )
        self._share = min(params.period / SMOOTHING_TIME, 1.0)
        self.reset()

    def reset(self) -> None:
        """Start without an offset."""
        self._commands.clear()
        self.value: Array | None = None  # (n,) rad, smoothed

    def update(self, q: Array, commanded: Array) -> Array | None:
        """Offset (n,) rad of an arm measured at `q` (n,) rad and last commanded to `commanded`
        (n,) rad; None while it is below the threshold."""
        self._commands.append(commanded)
        share = 1.0 if self.value is None else self._share
        before = q if self.value is None else self.value
        self.value, largest = _offset(q, np.array(self._commands), before, share)
        return self.value if largest > THRESHOLD else None


@compiled(VECTOR, MATRIX, VECTOR, NUMBER)
def _offset(q: Array, commands: Array, before: Array, share: float) -> tuple[Array, float]:
    """Offset of `q` from the range of `commands` (k, n), low-pass filtered with `share`, and its
    largest element."""
    low, high = commands[0], commands[0]
    for k in range(1, len(commands)):
        low, high = np.minimum(low, commands[k]), np.maximum(high, commands[k])
    offset = q - np.minimum(np.maximum(q, low), high)
    offset = before + share * (offset - before) if share < 1.0 else offset
    return offset, float(np.max(np.abs(offset)))
