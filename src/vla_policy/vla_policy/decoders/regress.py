"""One pass and an absolute error, as in ACT (arXiv 2304.13705) without its latent.

The control of every other decoder: it gives one chunk where the demonstrations have two ways. With
an absolute error that is the more frequent way, with a squared one the mean, which is no way.
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
class RegressDecoder:
    """The rows of the suffix are queries: zeros with their places, at time 0."""

    is_squared: bool = False

    needs: ClassVar[DecoderNeeds] = DecoderNeeds(has_noise=False)

    def loss(
        self, suffix: Suffix, prefix: EncodedPrefix, chunk: Tensor, weight: Tensor,
        random: Generator | None = None,
    ) -> Tensor:  # fmt: skip
        """Mean absolute or squared error of the chunk."""
        error = self.sample(suffix, prefix, torch.zeros_like(chunk)) - chunk
        return weighted_mean(error**2 if self.is_squared else error.abs(), weight)

    def sample(
        self, suffix: Suffix, prefix: EncodedPrefix, noise: Tensor,
        taps: FeatureTaps | None = None,
    ) -> Tensor:  # fmt: skip
        """The chunk; `noise` gives its shape alone."""
        if taps is not None:
            taps.step = 0
        rows = torch.zeros_like(noise)
        made: Tensor = suffix(rows, rows[:, :1, 0], prefix, taps=taps)
        return made
