"""Joint limits, named and read-only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vla_core.frozen import Array, freeze_fields


@dataclass(frozen=True)
class JointLimits:
    """Limits of each joint; every array is (n,) in the order of `names`."""

    names: tuple[str, ...]
    lower: Array  # rad
    upper: Array  # rad
    velocity: Array  # rad/s, both directions
    acceleration: Array  # rad/s^2
    jerk: Array  # rad/s^3

    def __post_init__(self) -> None:
        freeze_fields(self, 'lower', 'upper', 'velocity', 'acceleration', 'jerk')
        for field in ('lower', 'upper', 'velocity', 'acceleration', 'jerk'):
            array = getattr(self, field)
            if array.shape != (len(self.names),):
                raise ValueError(
                    f'{field} has shape {array.shape}, but there are {len(self.names)} joints'
                )
            if not np.all(np.isfinite(array)):
                raise ValueError(f'{field} is not finite')
            if field not in ('lower', 'upper') and not np.all(array > 0.0):
                raise ValueError(f'{field} must be positive')
        if not np.all(self.lower < self.upper):
            raise ValueError('lower must be smaller than upper')

    def clamp(self, q: ArrayLike, margin: float = 0.0) -> Array:
        """The nearest positions at least `margin` rad inside the limits."""
        return np.clip(np.asarray(q, dtype=np.float64), self.lower + margin, self.upper - margin)

    def within(self, q: ArrayLike, margin: float = 0.0) -> bool:
        """True when all positions are at least `margin` rad inside the limits; NaN is not."""
        q = np.asarray(q, dtype=np.float64)
        return bool(np.all((self.lower + margin <= q) & (q <= self.upper - margin)))
