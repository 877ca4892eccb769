"""Baselines for the heads: candidate spread, temporal consistency, elapsed time.

One interface: `fit` on labelled rollouts, then causal (T,) scores of any rollout.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from vla_core.frozen import Array
from vla_monitor.failure.traces import Trace


class Scorer(Protocol):
    """Scores whole rollouts; larger is worse."""

    def fit(self, traces: Sequence[Trace], seed: int) -> None:
        """Fit on rollouts of both outcomes."""

    def score(self, trace: Trace) -> Array:
        """(T,) causal."""


class Elapsed:
    """Time alone, a control: a high score means that rollout length leaks into the comparison."""

    def fit(self, traces: Sequence[Trace], seed: int) -> None:
        """Nothing to fit."""

    def score(self, trace: Trace) -> Array:
        return np.arange(len(trace), dtype=np.float64)


class Averaged:
    """Scores one inference at a time; the result is the running mean."""

    def fit(self, traces: Sequence[Trace], seed: int) -> None:
        raise NotImplementedError

    def each(self, trace: Trace) -> Array:
        raise NotImplementedError

    def score(self, trace: Trace) -> Array:
        return np.asarray(np.cumsum(self.each(trace)) / np.arange(1, len(trace) + 1))


class _OnChunks(Averaged):
    """Base of scores on candidates (T, K, horizon, columns), each column scaled by its spread."""

    def fit(self, traces: Sequence[Trace], seed: int) -> None:
        chunks = np.concatenate(
            [trace.chunk[:, 0].reshape(-1, trace.chunk.shape[-1]) for trace in traces]
        )
        self._spread = np.maximum(chunks.std(axis=0), 1e-4)

    def scaled(self, trace: Trace) -> Array:
        return np.asarray(trace.chunk / self._spread, np.float64)


class Spread(_OnChunks):
    """Ensemble uncertainty: trace of the covariance of the candidates."""

    def each(self, trace: Trace) -> Array:
        x = self.scaled(trace)
        return np.asarray(x.reshape(*x.shape[:2], -1).var(axis=1).sum(axis=1))


class Stac(_OnChunks):
    """Squared maximum mean discrepancy between the parts of consecutive sets of candidates that
    cover the same time (kernel exp(-d^2 / 2)), after Agia et al. 2024."""

    shift = 2  # rows between two inferences

    def each(self, trace: Trace) -> Array:
        x = self.scaled(trace)
        found = np.zeros(len(x))
        for k in range(1, len(x)):
            found[k] = mmd(*overlap(x[k - 1], x[k], self.shift))
        return found


class StacSingle(_OnChunks):
    """STAC of the executed candidate alone: mean distance of the two parts."""

    shift = 2

    def each(self, trace: Trace) -> Array:
        x = self.scaled(trace)[:, :1]
        found = np.zeros(len(x))
        for k in range(1, len(x)):
            old, new = overlap(x[k - 1], x[k], self.shift)
            found[k] = np.linalg.norm(old - new)
        return found


def overlap(before: Array, after: Array, shift: int) -> tuple[Array, Array]:
    """(K, rows * columns) twice: both on their common time, each relative to its start there."""
    old = before[:, shift:].copy()
    new = after[:, : after.shape[1] - shift].copy()
    old[..., :6] -= old[:, :1, :6]
    new[..., :6] -= new[:, :1, :6]
    rows = old.shape[1]
    return old.reshape(len(old), -1) / np.sqrt(rows), new.reshape(len(new), -1) / np.sqrt(rows)


def mmd(a: Array, b: Array) -> float:
    """Return the squared maximum mean discrepancy of two sets (n, d) and (m, d)."""

    def kernel(x: Array, y: Array) -> float:
        return float(np.exp(-0.5 * np.square(x[:, None] - y[None]).sum(-1)).mean())

    return kernel(a, a) + kernel(b, b) - 2.0 * kernel(a, b)
