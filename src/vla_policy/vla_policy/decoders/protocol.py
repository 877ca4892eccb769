"""What a decoder is: it owns the target, the loss and the sampler of a chunk.

The suffix is the network of all of them. `DecoderNeeds` says what it must have, so that a card
with a pair that cannot work is refused before anything is trained.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

from torch import Generator, Tensor

from vla_policy.trunk.prefix import EncodedPrefix
from vla_policy.trunk.suffix import Suffix
from vla_policy.trunk.taps import FeatureTaps


@dataclass(frozen=True)
class DecoderNeeds:
    """What a decoder asks of the network and of whoever calls it."""

    has_noise: bool  # a sample depends on noise: candidates differ
    has_second_time: bool = False
    needs_derivative: bool = False  # forward mode, so attention is written out
    is_stateful: bool = False  # `reset` at every change of the task


class Decoder(Protocol):
    """Chunks are (b, horizon, columns), normalised."""

    needs: ClassVar[DecoderNeeds]

    def loss(
        self, suffix: Suffix, prefix: EncodedPrefix, chunk: Tensor, weight: Tensor,
        random: Generator | None = None,
    ) -> Tensor:  # fmt: skip
        """Scalar; `weight` (b, horizon, columns) is 0 where the chunk is not known."""

    def sample(
        self, suffix: Suffix, prefix: EncodedPrefix, noise: Tensor,
        taps: FeatureTaps | None = None,
    ) -> Tensor:  # fmt: skip
        """A chunk for each row of `noise` (b, horizon, columns)."""


DecoderMaker = Callable[..., Decoder]


def weighted_mean(error: Tensor, weight: Tensor) -> Tensor:
    """The mean of an error where the weight is not 0; ValueError when it is 0 everywhere."""
    total = weight.sum()
    if not bool(total > 0.0):
        raise ValueError('no value of the chunk is known: its weights are all 0')
    return (error * weight).sum() / total
