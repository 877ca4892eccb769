"""The model that hosts every decoder: prefix, suffix, and the owner of loss and sampler."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Generator, Tensor, nn

from vla_core.params import check, param
from vla_policy.decoders.protocol import Decoder
from vla_policy.tokens.group import TokenGroup
from vla_policy.trunk.masks import AttentionTable
from vla_policy.trunk.prefix import EncodedPrefix, PrefixEncoder
from vla_policy.trunk.suffix import ACTIONS, Suffix
from vla_policy.trunk.taps import SUFFIX, FeatureTaps


@dataclass(frozen=True)
class TrunkParams:
    """Size of the network without its tokenizers."""

    columns: int = param(7, 'columns of a chunk', lo=1, hi=100)
    horizon: int = param(16, 'rows of a chunk, one token each', lo=2, hi=128)
    width: int = param(128, 'width of a token', lo=8, hi=1024)
    heads: int = param(4, 'attention heads', lo=1, hi=16)
    prefix_layers: int = param(3, 'layers of the prefix (observation)', lo=1, hi=24)
    suffix_layers: int = param(2, 'layers of the suffix (actions)', lo=1, hi=24)

    def __post_init__(self) -> None:
        check(self)
        if self.width % self.heads:
            raise ValueError(f'width {self.width} is no multiple of {self.heads} heads')


class PolicyTrunk(nn.Module):
    """Tokens of an observation to chunks, by way of a decoder."""

    def __init__(
        self, p: TrunkParams, decoder: Decoder, table: AttentionTable | None = None
    ) -> None:
        super().__init__()
        self.params, self.decoder = p, decoder
        table = table or AttentionTable()
        is_fused = not decoder.needs.needs_derivative
        self.prefix = PrefixEncoder(p.width, p.heads, p.prefix_layers, table, is_fused=is_fused)
        self.suffix = Suffix(
            p.width, p.heads, p.suffix_layers, p.columns, p.horizon, table,
            has_second=decoder.needs.has_second_time, is_fused=is_fused,
        )  # fmt: skip

    def encode(
        self, groups: Sequence[TokenGroup], taps: FeatureTaps | None = None
    ) -> EncodedPrefix:
        """Encode an observation once; loss and sampler share it."""
        self.prefix.table.check((*(group.name for group in groups), ACTIONS))
        tokens, present, layout = self.prefix(groups, taps)
        return EncodedPrefix(tokens, present, layout, self.suffix.keys(tokens))

    def loss(
        self, groups: Sequence[TokenGroup], chunk: Tensor, weight: Tensor,
        random: Generator | None = None,
    ) -> Tensor:  # fmt: skip
        """Scalar loss of the decoder for chunks (b, horizon, columns)."""
        return self.decoder.loss(self.suffix, self.encode(groups), chunk, weight, random)

    def sample(
        self, prefix: EncodedPrefix, noise: Tensor, taps: FeatureTaps | None = None,
        decoder: Decoder | None = None,
    ) -> Tensor:  # fmt: skip
        """Chunks, shaped as `noise` (b * k, horizon, columns): k candidates per observation, next
        to each other. `decoder`: in place of the model's, e.g. with fewer steps."""
        count, rest = divmod(len(noise), len(prefix.tokens))
        if rest or not count:
            raise ValueError(f'{len(noise)} noises for {len(prefix.tokens)} observations')
        chosen = decoder or self.decoder
        return chosen.sample(self.suffix, prefix.repeated(count), noise, taps)

    def features(self, taps: FeatureTaps) -> Tensor:
        """(b, width): the last layer of the suffix at the last step, normalised, mean of the
        tokens."""
        last: Tensor = self.suffix.norm(taps.all_of(SUFFIX)[:, -1, -1])
        return last.mean(1)
