"""No pair of shapes is nearer than this: all distances measured now and then, and in between
taken off by how far joints and fingers can have brought them together."""

from __future__ import annotations

import numpy as np

from vla_core.frozen import Array
from vla_shield.body import Body
from vla_shield.compiled import MATRIX, NUMBER, VECTOR, Indices, compiled
from vla_shield.sane import furthest

FAR = 0.05  # rad, a joint that moved this far asks for a new measurement
APART = 0.01  # m, and so do fingers that opened or closed this far


class Known:
    """Distances (p,) m at one configuration. To measure takes 0.2 ms: best between two cycles."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self._at: Array = np.full(body.n, np.nan)  # (n,) rad
        self._width = body.width  # m, of the fingers when their pairs were measured
        self._distances: Array = np.full(len(body.least), np.inf)
        is_finger = np.isin(body.first, body.fingers) | np.isin(body.second, body.fingers)
        self._of_fingers = np.flatnonzero(is_finger)
        self._follow_fingers = is_finger.astype(np.float64)

    def measure(self, q: Array) -> None:
        """Measure every pair that counts, at `q` (n,) rad."""
        self._at = np.array(q)
        self._distances[:] = np.inf
        self._width = self._body.width
        self._take(np.flatnonzero(self._body.is_active))

    def _measure_fingers(self) -> None:
        """Measure the pairs of the fingers again, where the others were measured."""
        pairs = self._of_fingers
        self._width = self._body.width
        self._take(pairs[self._body.is_active[pairs]])

    def bound(self, q: Array, off: Array | None) -> Array:
        """(p,) m, at `q` (n,) rad and wherever the arm is `off` (n,) rad from it, with the fingers
        as wide as they are in the body."""
        if not furthest(q, self._at) <= FAR:
            self.measure(q)
        if not abs(self._body.width - self._width) <= APART:
            self._measure_fingers()
        away = np.abs(q - self._at) if off is None else np.abs(q - self._at) + np.abs(off)
        closed = abs(self._body.width - self._width)  # m, both together
        return _left(self._distances, self._body.reach, away, self._follow_fingers, closed)

    def _take(self, pairs: Indices) -> None:
        if np.isfinite(self._at).all():
            self._distances[pairs] = self._body.distances(self._at, pairs)


@compiled(VECTOR, MATRIX, VECTOR, VECTOR, NUMBER)
def _left(distances: Array, reach: Array, away: Array, fingers: Array, closed: float) -> Array:
    left = distances - closed * fingers
    for k in range(len(left)):
        for j in range(len(away)):
            left[k] -= reach[k, j] * away[j]
    return left
