"""No pair of shapes is nearer than this: each distance as it was last measured, taken off by how
far joints and fingers can have brought the two together since."""

from __future__ import annotations

import numpy as np

from vla_core.compiled import FLAGS, MATRIX, NUMBER, VECTOR, Flags, Indices, compiled
from vla_core.frozen import Array
from vla_shield.constraints.collision_model import CollisionModel


class DistanceBounds:
    """Distances (p,) m, each with the configuration it was measured at. To measure all takes
    0.2 ms, best between two cycles; in a cycle those are that may be near."""

    def __init__(self, body: CollisionModel) -> None:
        self._body = body
        count = len(body.least)
        self._at: Array = np.full((count, body.n), np.nan)  # rad; never measured may be anything
        self._widths: Array = np.zeros(count)  # m, of the fingers then
        self._distances: Array = np.full(count, np.inf)
        self._are_fingers: Array = np.logical_or(
            np.isin(body.first, body.fingers), np.isin(body.second, body.fingers)
        ).astype(float)

    def measure(self, q: Array) -> None:
        """Measure every pair that counts, at `q` (n,) rad."""
        pairs = np.flatnonzero(self._body.is_active)
        self.note(pairs, self._body.distances(q, pairs), q)

    def note(self, pairs: Indices, distances: Array, q: Array) -> None:
        """Pairs (m,) were measured at `q` (n,) rad to be `distances` (m,) m apart."""
        if len(pairs):
            self._distances[pairs], self._at[pairs] = distances, q
            self._widths[pairs] = self._body.width

    def bound(self, q: Array, off: Array | None) -> Array:
        """(p,) m, at `q` (n,) rad and wherever the arm is `off` (n,) rad from it, with the fingers
        as wide as they are in the body; infinite for pairs that do not count."""
        body, off = self._body, np.zeros(len(q)) if off is None else off
        fingers = (self._are_fingers, self._widths, body.width)
        return _bound(self._distances, self._at, *fingers, body.reach, q, off, body.is_active)


@compiled(VECTOR, MATRIX, VECTOR, VECTOR, NUMBER, MATRIX, VECTOR, VECTOR, FLAGS)
def _bound(
    distances: Array, at: Array, are_fingers: Array, widths: Array, width: float, reach: Array,
    q: Array, off: Array, counts: Flags,
) -> Array:  # fmt: skip
    bound = np.full(len(distances), np.inf)
    for k in range(len(distances)):
        if counts[k]:
            left = distances[k] - are_fingers[k] * np.abs(width - widths[k])
            for j in range(len(q)):
                left -= reach[k, j] * (np.abs(q[j] - at[k, j]) + np.abs(off[j]))
            bound[k] = left
    return bound
