"""The prefix: tokens of the observation, encoded once per inference.

It never sees noise, actions or time, so every step of a sampler, every candidate and every noise
of a training batch shares it, exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from vla_policy.tokens.group import GroupLayout, TokenGroup, joined, layout_of
from vla_policy.trunk.attention import Attention, KeysValues
from vla_policy.trunk.masks import AttentionTable, keep_open
from vla_policy.trunk.taps import PREFIX, FeatureTaps


@dataclass(frozen=True)
class EncodedPrefix:
    """What the suffix attends to."""

    tokens: Tensor  # (b, n, width), normalised
    present: Tensor  # (b, n) bool
    layout: GroupLayout
    keys: tuple[KeysValues, ...]  # by layer of the suffix

    def repeated(self, count: int) -> EncodedPrefix:
        """Return the prefix `count` times for each observation, next to each other; the batch
        becomes b * count."""
        keys = tuple(
            (k.repeat_interleave(count, 0), v.repeat_interleave(count, 0)) for k, v in self.keys
        )
        return EncodedPrefix(
            self.tokens.repeat_interleave(count, 0),
            self.present.repeat_interleave(count, 0),
            self.layout,
            keys,
        )


class PrefixBlock(nn.Module):
    """Self-attention over the tokens of the observation."""

    def __init__(self, width: int, heads: int, *, is_fused: bool = True) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads, is_fused=is_fused)
        self.mlp = mlp(width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = x + self.attention(self.norm1(x), None, mask)
        return x + self.mlp(self.norm2(x))


class PrefixEncoder(nn.Module):
    """Groups of tokens through `layers` blocks, masked by a table of groups."""

    def __init__(
        self, width: int, heads: int, layers: int, table: AttentionTable, *, is_fused: bool = True
    ) -> None:
        super().__init__()
        self.table = table
        self.blocks = nn.ModuleList(
            PrefixBlock(width, heads, is_fused=is_fused) for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width)

    def forward(
        self, groups: Sequence[TokenGroup], taps: FeatureTaps | None = None
    ) -> tuple[Tensor, Tensor, GroupLayout]:
        """Return (b, n, width) tokens, (b, n) bool present and the layout of the groups."""
        layout = layout_of(groups)
        x, present = joined(groups)
        table = self.table.mask(layout, layout, x.device)
        mask = keep_open(table & present[:, None, None, :])
        for k, block in enumerate(self.blocks):
            x = block(x, mask)
            if taps is not None:
                taps.put(PREFIX, k, x)
        return self.norm(x), present, layout


def mlp(width: int) -> nn.Sequential:
    """The two layers of a block behind its attention."""
    return nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))


def all_present(tokens: Tensor) -> Tensor:
    """Return (b, n) bool, True, for tokens (b, n, width)."""
    return torch.ones(tokens.shape[:2], dtype=torch.bool, device=tokens.device)
