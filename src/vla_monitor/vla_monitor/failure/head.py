"""The learned heads: from a sequence of features to a score, non-decreasing (MLP) or free (LSTM).
SAFE, arXiv 2506.09937, section 4 and its official code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vla_core.frozen import Array
from vla_core.params import check, param
from vla_monitor.failure.traces import Trace

KINDS = ('mlp', 'lstm')
INPUTS = ('features', 'signals', 'both')
LEAST_SPREAD = 1e-3
FARTHEST = 8.0  # spreads, inputs are clipped to this


@dataclass(frozen=True)
class HeadParams:
    """Architecture and training of a head."""

    kind: str = param('mlp', 'kind of head', choices=KINDS)
    inputs: str = param('features', 'inputs of the head', choices=INPUTS)
    hidden: int = param(128, 'width of the hidden layer', lo=4, hi=1024)
    epochs: int = param(150, 'passes over all rollouts', lo=1, hi=10_000)
    batch: int = param(64, 'rollouts per step', lo=1, hi=4096)
    rate: float = param(1e-3, 'learning rate', lo=1e-6, hi=1.0)
    decay: float = param(1e-2, 'L2 penalty on the weights', lo=0.0, hi=10.0)
    early: float = param(5.0, 'weight of early inferences of failures', lo=0.0, hi=100.0)
    dropout: float = param(0.2, 'rate on the inputs and the hidden layer', lo=0.0, hi=0.9)

    def __post_init__(self) -> None:
        check(self)


class Net(nn.Module):
    """Rows (n, T, width) to logits (n, T)."""

    mean: Tensor  # (width,) of the rows it was trained on
    spread: Tensor  # (width,)

    def __init__(self, p: HeadParams, width: int) -> None:
        super().__init__()
        self.kind = p.kind
        self.register_buffer('mean', torch.zeros(width))
        self.register_buffer('spread', torch.ones(width))
        self.drop = nn.Dropout(p.dropout)
        if p.kind == 'lstm':
            self.lstm = nn.LSTM(width, p.hidden, batch_first=True)
        else:
            self.first = nn.Linear(width, p.hidden)
        self.last = nn.Linear(p.hidden, 1)

    def forward(
        self, x: Tensor, state: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor] | None]:
        x = self.drop(((x - self.mean) / self.spread).clamp(-FARTHEST, FARTHEST))
        if self.kind == 'lstm':
            x, state = self.lstm(x, state)
        else:
            x = torch.relu(self.first(x))
        return self.last(self.drop(x))[..., 0], state


class Head:
    """A trained network; `score` for whole rollouts, `stream` for one inference at a time."""

    def __init__(self, params: HeadParams, net: Net) -> None:
        self.params, self.net = params, net.eval()

    def score(self, trace: Trace) -> Array:
        """(T,) score after each inference."""
        with torch.inference_mode():
            logits, _ = self.net(torch.from_numpy(rows(trace, self.params.inputs))[None])
        chance = torch.sigmoid(logits[0]).numpy().astype(np.float64)
        return np.cumsum(chance) if self.params.kind == 'mlp' else chance

    def stream(self) -> Stream:
        """Return the scorer of a new attempt."""
        return Stream(self)


class Stream:
    """Incremental score of one attempt; equals `Head.score` of the whole."""

    def __init__(self, head: Head) -> None:
        self._head = head
        self._sum = 0.0
        self._state: tuple[Tensor, Tensor] | None = None

    def step(self, feature: Array, signal: Array) -> float:
        """Return the score after one more inference; NaN when an input is not finite."""
        row = joined(feature, signal, self._head.params.inputs).astype(np.float32)
        if not np.isfinite(row).all():
            return float('nan')
        with torch.inference_mode():
            logit, self._state = self._head.net(torch.from_numpy(row)[None, None], self._state)
        chance = float(torch.sigmoid(logit[0, 0]))
        self._sum += chance
        return self._sum if self._head.params.kind == 'mlp' else chance


def joined(feature: NDArray[Any], signal: NDArray[Any], inputs: str) -> NDArray[Any]:
    """(..., width) inputs of a head."""
    if inputs == 'both':
        return np.concatenate([feature, signal], axis=-1)
    return feature if inputs == 'features' else signal


def rows(trace: Trace, inputs: str) -> NDArray[np.float32]:
    """(T, width) float32."""
    return np.asarray(joined(trace.feature, trace.signal, inputs), np.float32)


def fit(params: HeadParams, traces: Sequence[Trace], seed: int = 0) -> Head:
    """Return a head trained on rollouts of both outcomes."""
    torch.manual_seed(seed)
    values = [torch.from_numpy(rows(trace, params.inputs)) for trace in traces]
    failed = torch.tensor([float(trace.is_failure) for trace in traces])
    net = Net(params, values[0].shape[1])
    every = torch.cat(values)
    net.mean.copy_(every.mean(0))
    net.spread.copy_(every.std(0).clamp_min(LEAST_SPREAD))
    x = nn.utils.rnn.pad_sequence(values, batch_first=True)
    length = torch.tensor([len(v) for v in values])
    weight = class_weights(failed)[:, None] * step_weights(length, failed, params.early)
    optimiser = torch.optim.Adam(net.parameters(), params.rate)
    rng = torch.Generator().manual_seed(seed)
    net.train()
    for _ in range(params.epochs):
        for pick in torch.randperm(len(x), generator=rng).split(params.batch):
            logits, _ = net(x[pick])
            loss = cost(logits, failed[pick], weight[pick], params.kind) + penalty(net, params)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return Head(params, net)


def class_weights(failed: Tensor) -> Tensor:
    """(n,) inverse smoothed frequency of each rollout's outcome, mean 1."""
    n, count = len(failed), failed.sum()
    weight = torch.where(failed > 0, n / (count + 1), n / (n - count + 1))
    return weight / weight.mean()


def step_weights(length: Tensor, failed: Tensor, early: float) -> Tensor:
    """(n, T) weight of each inference, 0 beyond the end: early exp(-3 t / T) + 1 for failures,
    1 for successes; each rollout's sum is 1."""
    t = torch.arange(int(length.max()))[None].float()
    valid = (t < length[:, None]).float()
    weight = torch.where(failed[:, None] > 0, early * torch.exp(-3 * t / length[:, None]) + 1, 1.0)
    weight = weight * valid
    return weight / weight.sum(1, keepdim=True)


def cost(logits: Tensor, failed: Tensor, weight: Tensor, kind: str) -> Tensor:
    """MLP: the running sum s_t for successes and t - s_t for failures, per inference so far; LSTM:
    cross-entropy with the outcome at every inference."""
    if kind == 'lstm':
        target = failed[:, None].expand_as(logits)
        each = nn.functional.binary_cross_entropy_with_logits(logits, target, reduction='none')
    else:
        t = torch.arange(1, logits.shape[1] + 1)[None]
        total = torch.sigmoid(logits).cumsum(1)
        each = torch.where(failed[:, None] > 0, t - total, total)
    return (each * weight).sum(1).mean()


def penalty(net: Net, params: HeadParams) -> Tensor:
    """L2 penalty on all weights but biases."""
    parts = [w.square().sum() for name, w in net.named_parameters() if 'bias' not in name]
    return params.decay * torch.stack(parts).sum()
