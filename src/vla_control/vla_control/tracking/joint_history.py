"""History of measured joint positions: gives the pose that an EE_DELTA chunk is relative to."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np

from vla_core.frozen import Array

GAP = 0.1  # s, no interpolation across a longer gap between joint states


class JointHistory:
    """Joint positions of the last `memory` s by stamp."""

    def __init__(self, memory: float = 2.0) -> None:
        self.memory = memory
        self._stamps: list[float] = []
        self._positions: list[Array] = []  # (n,) rad

    def put(self, stamp: float, position: Array) -> None:
        """Store a sample; drop it when it is not newer than the last."""
        if self._stamps and not stamp > self._stamps[-1]:
            return
        self._stamps.append(stamp)
        self._positions.append(position)
        if stamp - self._stamps[0] > 2.0 * self.memory:
            old = bisect_left(self._stamps, stamp - self.memory)
            del self._stamps[:old], self._positions[:old]

    def at(self, stamp: float) -> Array | None:
        """Return the interpolated positions (n,) rad at `stamp`; None outside the samples or in a
        gap between them.
        """
        after = bisect_left(self._stamps, stamp)
        if after == len(self._stamps):
            return None
        if self._stamps[after] == stamp:
            return self._positions[after]
        if after == 0:
            return None
        t0, t1 = self._stamps[after - 1 : after + 1]
        if not t1 - t0 <= GAP:
            return None
        share = (stamp - t0) / (t1 - t0)
        value: Array = np.asarray(
            (1.0 - share) * self._positions[after - 1] + share * self._positions[after]
        )
        return value

    def clear(self) -> None:
        """Delete all samples."""
        self._stamps.clear()
        self._positions.clear()
