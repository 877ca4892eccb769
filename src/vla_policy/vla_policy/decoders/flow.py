"""Flow matching (arXiv 2210.02747) on straight paths: x_t = (1 - t) noise + t chunk.

The network predicts the velocity chunk - noise; Euler steps integrate it from noise at t = 0.
"""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from vla_policy.decoders.protocol import DecoderNeeds, weighted_mean
from vla_policy.trunk.prefix import EncodedPrefix
from vla_policy.trunk.suffix import Suffix
from vla_policy.trunk.taps import FeatureTaps


class FlowDecoder:
    """`copies` noises per observation and batch share the prefix; `steps` of the sampler."""

    needs = DecoderNeeds(has_noise=True)

    def __init__(self, steps: int = 6, copies: int = 4) -> None:
        if steps < 1 or copies < 1:
            raise ValueError(f'steps {steps} and copies {copies} must be at least 1')
        self.steps, self.copies = steps, copies

    def loss(
        self, suffix: Suffix, prefix: EncodedPrefix, chunk: Tensor, weight: Tensor,
        random: Generator | None = None,
    ) -> Tensor:  # fmt: skip
        """Mean squared error of the velocity."""
        chunk, weight = (part.repeat_interleave(self.copies, 0) for part in (chunk, weight))
        noise = torch.randn(chunk.shape, generator=random, device=chunk.device)
        t = torch.rand(len(chunk), 1, generator=random, device=chunk.device)
        t = t.expand(chunk.shape[:2])
        x = torch.lerp(noise, chunk, t[..., None])
        velocity = suffix(x, t, prefix.repeated(self.copies))
        return weighted_mean((velocity - (chunk - noise)) ** 2, weight)

    def sample(
        self, suffix: Suffix, prefix: EncodedPrefix, noise: Tensor,
        taps: FeatureTaps | None = None,
    ) -> Tensor:  # fmt: skip
        """Chunks of equal steps from t = 0 to 1."""
        x = noise
        for k in range(self.steps):
            if taps is not None:
                taps.step = k
            t = noise.new_full(noise.shape[:2], k / self.steps)
            x = x + suffix(x, t, prefix, taps=taps) / self.steps
        return x
