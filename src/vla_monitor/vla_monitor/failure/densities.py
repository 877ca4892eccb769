"""Baselines on the policy's features: distance from successes relative to failures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from vla_core.frozen import Array
from vla_monitor.failure import baselines
from vla_monitor.failure.baselines import Averaged
from vla_monitor.failure.traces import Trace

MOST = 4000  # largest number of rows per outcome


class _OnFeatures(Averaged):
    """Base of scores on features, scaled by their spread."""

    def fit(self, traces: Sequence[Trace], seed: int) -> None:
        every = np.concatenate([trace.feature for trace in traces])
        self._mean, self._spread = every.mean(axis=0), np.maximum(every.std(axis=0), 1e-3)
        rng = np.random.default_rng(seed)
        fine, failed = (self._rows(traces, outcome, rng) for outcome in (False, True))
        self.learn(fine, failed, seed)

    def _rows(self, traces: Sequence[Trace], outcome: bool, rng: np.random.Generator) -> Array:
        x = np.concatenate([self.scaled(t) for t in traces if t.is_failure == outcome])
        return x[rng.permutation(len(x))[:MOST]]

    def scaled(self, trace: Trace) -> Array:
        return np.asarray((trace.feature - self._mean) / self._spread, np.float64)

    def learn(self, fine: Array, failed: Array, seed: int) -> None:
        raise NotImplementedError

    def each(self, trace: Trace) -> Array:
        raise NotImplementedError


class Mahalanobis(_OnFeatures):
    """Distance to the successes minus distance to the failures."""

    def learn(self, fine: Array, failed: Array, seed: int) -> None:
        self._models = [gauss(fine), gauss(failed)]

    def each(self, trace: Trace) -> Array:
        x = self.scaled(trace)
        away = [
            np.sqrt(np.einsum('td,de,te->t', x - mean, inverse, x - mean))
            for mean, inverse in self._models
        ]
        return np.asarray(away[0] - away[1])


def gauss(x: Array) -> tuple[Array, Array]:
    """Return the mean and the inverse covariance, shrunk by 0.1 towards a multiple of identity."""
    centre = x.mean(axis=0)
    spread = np.cov(x.T)
    even = np.eye(len(spread)) * np.trace(spread) / len(spread)
    return centre, np.linalg.inv(0.9 * spread + 0.1 * even)


class CosineNeighbours(_OnFeatures):
    """Mean cosine distance to the k nearest successes minus that to the failures."""

    def __init__(self, k: int = 5) -> None:
        self.k = k

    def learn(self, fine: Array, failed: Array, seed: int) -> None:
        self._known = [unit(fine).astype(np.float32), unit(failed).astype(np.float32)]

    def each(self, trace: Trace) -> Array:
        x = unit(self.scaled(trace)).astype(np.float32)
        away = []
        for known in self._known:
            k = min(self.k, len(known))
            distance = 1.0 - x @ known.T
            away.append(np.partition(distance, k - 1, axis=1)[:, :k].mean(axis=1))
        return np.asarray(away[0] - away[1], np.float64)


def unit(x: Array) -> Array:
    return np.asarray(x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9))


class LogpZO(_OnFeatures):
    """Squared norm of the noise to which a flow, trained on successes only, maps the features
    (FAIL-Detect, arXiv 2503.08558: one step of the flow from data to noise)."""

    steps, rate, batch, hidden = 1500, 1e-3, 256, 128

    def learn(self, fine: Array, failed: Array, seed: int) -> None:
        torch.manual_seed(seed)
        data = torch.from_numpy(fine.astype(np.float32))
        width = data.shape[1]
        self._net = perceptron(width + 1, self.hidden, width)
        optimiser = torch.optim.Adam(self._net.parameters(), self.rate)
        for _ in range(self.steps):
            x = data[torch.randint(len(data), (self.batch,))]
            noise, t = torch.randn_like(x), torch.rand(len(x), 1)
            found = self._net(torch.cat([(1 - t) * x + t * noise, t], 1))
            loss = (found - (noise - x)).square().mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()

    def each(self, trace: Trace) -> Array:
        x = torch.from_numpy(self.scaled(trace).astype(np.float32))
        with torch.inference_mode():
            noise = x + self._net(torch.cat([x, torch.zeros(len(x), 1)], 1))
        return noise.square().sum(1).numpy().astype(np.float64)


class Distillation(_OnFeatures):
    """RND: error of a network that imitates a random one, trained on successes only."""

    steps, rate, batch, hidden, width = 1500, 1e-3, 256, 128, 64

    def learn(self, fine: Array, failed: Array, seed: int) -> None:
        torch.manual_seed(seed)
        data = torch.from_numpy(fine.astype(np.float32))
        self._target = perceptron(data.shape[1], self.hidden, self.width).requires_grad_(False)
        self._net = perceptron(data.shape[1], self.hidden, self.width)
        optimiser = torch.optim.Adam(self._net.parameters(), self.rate)
        for _ in range(self.steps):
            x = data[torch.randint(len(data), (self.batch,))]
            loss = (self._net(x) - self._target(x)).square().mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()

    def each(self, trace: Trace) -> Array:
        x = torch.from_numpy(self.scaled(trace).astype(np.float32))
        with torch.inference_mode():
            error = (self._net(x) - self._target(x)).square().mean(1)
        return error.numpy().astype(np.float64)


def perceptron(width: int, hidden: int, out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(width, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(),
        nn.Linear(hidden, out),
    )  # fmt: skip


BASELINES: dict[str, type] = {
    'candidate spread': baselines.Spread,
    'STAC': baselines.Stac,
    'STAC-single': baselines.StacSingle,
    'Mahalanobis': Mahalanobis,
    'cosine k-NN': CosineNeighbours,
    'logpZO': LogpZO,
    'RND': Distillation,
    'elapsed time': baselines.Elapsed,
}
