"""How far the arm is from where it was told to be: a load that nobody declared pulls it down, and
then the command alone does not say what is clear."""

from __future__ import annotations

from collections import deque

import numpy as np

from vla_core.compiled import MATRIX, NUMBER, VECTOR, compiled
from vla_core.frozen import Array
from vla_shield.params import ShieldParams

LAG = 2.0  # times the usual delay: what was told longer ago has been done
SMOOTHED = 0.05  # s
USUAL = 0.005  # rad, of any joint: less is how arms follow


class TrackingOffset:
    """Compares each sample with the commands that the arm may be carrying out."""

    def __init__(self, params: ShieldParams) -> None:
        self._told: deque[Array] = deque(maxlen=1 + round(LAG * params.delay / params.period))
        self._share = min(params.period / SMOOTHED, 1.0)
        self.clear()

    def clear(self) -> None:
        """Begin with an arm that is where it is told to be."""
        self._told.clear()
        self.gap: Array | None = None  # (n,) rad, smoothed

    def see(self, q: Array, told: Array) -> Array | None:
        """How far an arm measured at `q` (n,) rad, commanded to `told` (n,) rad last, is off,
        (n,) rad; None when it is not."""
        self._told.append(told)
        share = 1.0 if self.gap is None else self._share
        before = q if self.gap is None else self.gap
        self.gap, most = _off(q, np.array(self._told), before, share)
        return self.gap if most > USUAL else None


@compiled(VECTOR, MATRIX, VECTOR, NUMBER)
def _off(q: Array, past: Array, before: Array, share: float) -> tuple[Array, float]:
    """The gap to all of `past` (k, n), `share` of it new, and its largest."""
    low, high = past[0], past[0]
    for k in range(1, len(past)):
        low, high = np.minimum(low, past[k]), np.maximum(high, past[k])
    gap = q - np.minimum(np.maximum(q, low), high)
    gap = before + share * (gap - before) if share < 1.0 else gap
    return gap, float(np.max(np.abs(gap)))
