"""Functional conformal band: how high the score of a success may be at each inference.

Steps 1 to 7 of the procedure of SAFE (arXiv 2506.09937, after Diquigiovanni et al. 2021), with the
finite-sample rank in place of a plain quantile: when successes are exchangeable, at most a share
alpha of them ever leaves the band.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vla_core.errors import UserError
from vla_core.frozen import Array, freeze_fields

SHAPE_SHARE = 0.3  # share of the successes for centre and width; the others give the height
LEAST_WIDTH = 1e-8
RECENTRE_AFTER = 5  # successes of a task


@dataclass(frozen=True)
class Band:
    """Threshold centre + height * width; beyond its end the last value applies."""

    centre: Array  # (T,)
    width: Array  # (T,) > 0
    excess: Array  # (n,) ascending, largest excess of each calibration success in widths

    def __post_init__(self) -> None:
        freeze_fields(self, 'centre', 'width', 'excess')
        if self.centre.shape != self.width.shape or not np.all(self.width > 0.0):
            raise ValueError('centre and width must have one shape, and every width be positive')

    def __len__(self) -> int:
        return len(self.centre)

    def height(self, alpha: float) -> float:
        """Return the ceil((n + 1)(1 - alpha))-th smallest excess; infinite when there is none."""
        rank = math.ceil((len(self.excess) + 1) * (1.0 - alpha) - 1e-9)
        return float(self.excess[rank - 1]) if 1 <= rank <= len(self.excess) else math.inf

    def threshold(self, alpha: float) -> Array:
        """(T,) score above which an alarm is raised, for a false-alarm rate alpha."""
        return np.asarray(self.centre + self.height(alpha) * self.width)

    def require(self, alpha: float) -> None:
        """UserError when the band is vacuous: it can never raise an alarm."""
        if not math.isfinite(self.height(alpha)):
            raise UserError(
                f'the band is vacuous: alpha {alpha:g} needs {least(alpha)} calibration '
                f'successes, found {len(self.excess)}; record more rollouts'
            )


def least(alpha: float) -> int:
    """Return the least number of calibration successes for a finite height."""
    return math.ceil(1.0 / alpha - 1e-9) - 1


def fit(series: Sequence[Array], alpha: float, seed: int = 0) -> Band:
    """Return the band of the scores of successes, each (T_i,); UserError when it is vacuous."""
    if not 0.0 < alpha < 1.0:
        raise UserError(f'alpha is {alpha}, must be between 0 and 1')
    order = np.random.default_rng(seed).permutation(len(series))
    count = max(round(SHAPE_SHARE * len(series)), 1)
    if len(series) - count < least(alpha):
        raise UserError(
            f'{len(series)} successes are too few for alpha {alpha:g}: '
            f'{least(alpha)} are needed in addition to the {count} that give the shape'
        )
    length = max(len(scores) for scores in series)
    padded = np.array([extended(scores, length) for scores in series])[order]
    shape, rest = padded[:count], padded[count:]
    centre = shape.mean(axis=0)
    width = modulation(np.abs(shape - centre), alpha)
    excess = np.sort(((rest - centre) / width).max(axis=1))
    band = Band(centre, width, excess)
    band.require(alpha)
    return band


def modulation(distance: Array, alpha: float) -> Array:
    """(T,) width of the band from (a, T) distances to the centre, outliers excluded."""
    most = distance.max(axis=1)
    rank = math.ceil((len(most) + 1) * (1.0 - alpha) - 1e-9)
    kept = distance if rank > len(most) else distance[most <= np.sort(most)[rank - 1]]
    return np.asarray(np.maximum(kept.max(axis=0), LEAST_WIDTH))


def extended(values: Array, length: int) -> Array:
    """(length,) the values, padded with the last one."""
    return np.concatenate([values[:length], np.full(max(length - len(values), 0), values[-1])])


def recentred(band: Band, successes: Sequence[Array]) -> Array:
    """(T,) >= 0, raise of the band of one task; 0 before enough successes."""
    if len(successes) < RECENTRE_AFTER:
        return np.zeros(len(band))
    mean = np.mean([extended(np.asarray(s), len(band)) for s in successes], axis=0)
    return np.asarray(np.maximum(mean - band.centre, 0.0))
