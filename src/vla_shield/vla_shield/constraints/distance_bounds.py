"""Lower bounds of all distances: last measured distance minus the largest approach that joint and
finger motion since then allows."""

from __future__ import annotations

import numpy as np

from vla_core.compiled import FLAGS, MATRIX, VECTOR, Flags, Indices, compiled
from vla_core.frozen import Array
from vla_shield.constraints.collision_model import CollisionModel


class DistanceBounds:
    """Distances (p,) m, each with the configuration it was measured at.

    Measuring all pairs takes 0.2 ms and is best done between two cycles; within a cycle
    only pairs that may be near are measured.
    """

    def __init__(self, model: CollisionModel) -> None:
        self._model = model
        count = len(model.required)
        self._q: Array = np.full((count, model.n), np.nan)  # rad; NaN: never measured
        self._widths: Array = np.zeros(model.opening_rates.shape)  # m, of each gripper then
        self._distances: Array = np.full(count, np.inf)

    def measure_all(self, q: Array) -> None:
        """Measure every active pair at `q` (n,) rad."""
        pairs = np.flatnonzero(self._model.is_active)
        self.update(pairs, self._model.distances(q, pairs), q)

    def update(self, pairs: Indices, distances: Array, q: Array) -> None:
        """Store the `distances` (m,) m that `pairs` (m,) have at `q` (n,) rad."""
        if len(pairs):
            self._distances[pairs], self._q[pairs] = distances, q
            self._widths[pairs] = self._model.widths

    def lower(self, q: Array, offset: Array | None) -> Array:
        """Lower bounds (p,) m at `q` (n,) rad, and anywhere within `offset` (n,) rad of it, with
        the model's present openings of the grippers; infinite for inactive pairs."""
        model, offset = self._model, np.zeros(len(q)) if offset is None else offset
        fingers = (model.opening_rates, self._widths, model.widths)
        return _lower(
            self._distances, self._q, *fingers, model.lever_arms, q, offset, model.is_active
        )


@compiled(VECTOR, MATRIX, MATRIX, MATRIX, VECTOR, MATRIX, VECTOR, VECTOR, FLAGS)
def _lower(
    distances: Array, measured_at: Array, rates: Array, widths: Array, width: Array,
    lever_arms: Array, q: Array, offset: Array, is_active: Flags,
) -> Array:  # fmt: skip
    bounds = np.full(len(distances), np.inf)
    for k in range(len(distances)):
        if is_active[k]:
            bound = distances[k]
            for g in range(len(width)):
                bound -= rates[k, g] * np.abs(width[g] - widths[k, g])
            for j in range(len(q)):
                bound -= lever_arms[k, j] * (np.abs(q[j] - measured_at[k, j]) + np.abs(offset[j]))
            bounds[k] = bound
    return bounds
