"""Flow matching (arXiv 2210.02747) on straight paths: x_t = (1 - t) noise + t chunk.

The network predicts the velocity chunk - noise; Euler steps integrate it from noise at t = 0.
Training draws t uniformly, or from a logistic normal distribution, which favours the middle of the
path. Near t = 0 a sample decides between two ways: drawn seldom, their shares are learned late.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Generator, Tensor

from vla_policy.decoders.protocol import DecoderNeeds, weighted_mean
from vla_policy.trunk.prefix import EncodedPrefix
from vla_policy.trunk.suffix import Suffix
from vla_policy.trunk.taps import FeatureTaps


@dataclass(frozen=True)
class FlowDecoder:
    """`copies` noises per observation and batch share the prefix; `steps` of the sampler."""

    steps: int = 6
    copies: int = 4
    is_logit_normal: bool = False

    needs: ClassVar[DecoderNeeds] = DecoderNeeds(has_noise=True)

    def __post_init__(self) -> None:
        if self.steps < 1 or self.copies < 1:
            raise ValueError(f'steps {self.steps} and copies {self.copies} must be at least 1')

    def loss(
        self, suffix: Suffix, prefix: EncodedPrefix, chunk: Tensor, weight: Tensor,
        random: Generator | None = None,
    ) -> Tensor:  # fmt: skip
        """Mean squared error of the velocity."""
        chunk, weight = (part.repeat_interleave(self.copies, 0) for part in (chunk, weight))
        noise = torch.randn(chunk.shape, generator=random).to(chunk.device)
        t = self._times(len(chunk), random).to(chunk.device)
        x = torch.lerp(noise, chunk, t[..., None])
        velocity = suffix(x, t, prefix.repeated(self.copies))
        return weighted_mean((velocity - (chunk - noise)) ** 2, weight)

    def _times(self, count: int, random: Generator | None) -> Tensor:
        """(count, 1) in [0, 1]."""
        if self.is_logit_normal:
            return torch.sigmoid(torch.randn(count, 1, generator=random))
        return torch.rand(count, 1, generator=random)

    def sample(
        self, suffix: Suffix, prefix: EncodedPrefix, noise: Tensor,
        taps: FeatureTaps | None = None,
    ) -> Tensor:  # fmt: skip
        """Chunks of equal steps from t = 0 to 1."""
        x = noise
        for k in range(self.steps):
            if taps is not None:
                taps.step = k
            t = noise.new_full((len(noise), 1), k / self.steps)
            x = x + suffix(x, t, prefix, taps=taps) / self.steps
        return x
