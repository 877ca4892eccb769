"""Normalisation of chunks, with its inverse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_core.frozen import Array, freeze_fields

# least spread per column of EE_NAMES: m, rad, m
LEAST = np.array([0.004, 0.004, 0.004, 0.02, 0.02, 0.02, 0.04])


@dataclass(frozen=True)
class ChunkNormaliser:
    """Mean and spread per row and column, so that early and late rows have equal weight."""

    mean: Array  # (horizon, columns)
    spread: Array  # (horizon, columns), > 0

    def __post_init__(self) -> None:
        freeze_fields(self, 'mean', 'spread')
        if self.mean.shape != self.spread.shape:
            raise ValueError(f'mean is {self.mean.shape}, spread {self.spread.shape}: one shape')
        if not np.all(np.isfinite(self.mean)):
            raise ValueError('the mean of the chunks is not finite')
        if not np.all((self.spread > 0.0) & np.isfinite(self.spread)):
            raise ValueError('the spread of the chunks is not positive and finite everywhere')

    def forward(self, chunks: Array) -> Array:
        """Return the normalised chunks (..., horizon, columns)."""
        return np.asarray((chunks - self.mean) / self.spread)

    def backward(self, values: Array) -> Array:
        """Return the inverse of `forward`."""
        return np.asarray(values * self.spread + self.mean)


@dataclass(frozen=True)
class Levels:
    """The discrete gripper openings of the demonstrations; empty: any."""

    levels: tuple[float, ...] = ()  # m, ascending

    def __post_init__(self) -> None:
        if not np.all(np.isfinite(self.levels)) or list(self.levels) != sorted(self.levels):
            raise ValueError(f'gripper levels {self.levels} are not finite and ascending')

    def backward(self, chunks: Array) -> Array:
        """Round the last column to the nearest level."""
        if not self.levels:
            return chunks
        known = np.array(self.levels)
        nearest = np.abs(chunks[..., -1:] - known).argmin(-1)
        return np.concatenate([chunks[..., :-1], known[nearest][..., None]], axis=-1)


def fit(chunks: Array) -> ChunkNormaliser:
    """Return the normaliser of (n, horizon, columns) chunks."""
    spread = np.maximum(chunks.std(axis=0), LEAST)
    return ChunkNormaliser(chunks.mean(axis=0), spread)


def levels_of(chunks: Array, most: int = 4) -> Levels:
    """Return the commanded openings if there are at most `most`, else no levels."""
    found = np.unique(np.round(chunks[..., -1], 4))
    return Levels(tuple(float(v) for v in found) if len(found) <= most else ())
