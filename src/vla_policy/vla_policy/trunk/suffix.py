"""The suffix: action tokens that attend to the prefix and to each other, modulated by time.

One row per action token; its time is a tensor per token, because some samplers give the rows of a
chunk different times. adaLN-zero after DiT (arXiv 2212.09748): a block starts as the identity.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vla_policy.tokens.group import GroupLayout
from vla_policy.trunk.attention import Attention, KeysValues
from vla_policy.trunk.masks import EVERY, AttentionTable
from vla_policy.trunk.prefix import EncodedPrefix, mlp
from vla_policy.trunk.taps import SUFFIX, FeatureTaps
from vla_policy.trunk.time_embedding import TimeEmbedding

ACTIONS = 'actions'  # name of the group in the table
SPREAD = 0.02  # of the first embedding of places


class SuffixBlock(nn.Module):
    """Attention to the prefix and to the suffix itself."""

    def __init__(self, width: int, heads: int, *, is_fused: bool = True) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, elementwise_affine=False)
        self.norm2 = nn.LayerNorm(width, elementwise_affine=False)
        self.attention = Attention(width, heads, is_fused=is_fused)
        self.mlp = mlp(width)
        self.context = nn.Linear(width, 2 * width)
        self.time = nn.Linear(width, 6 * width)
        nn.init.zeros_(self.time.weight)
        nn.init.zeros_(self.time.bias)

    def keys(self, prefix: Tensor) -> KeysValues:
        """Keys and values of the prefix for this block."""
        k, v = (self.attention.split(part) for part in self.context(prefix).chunk(2, -1))
        return k, v

    def forward(self, x: Tensor, time: Tensor, keys: KeysValues, mask: Tensor) -> Tensor:
        """(b, n, width) from x (b, n, width) and time (b, n or 1, width)."""
        shift1, scale1, gate1, shift2, scale2, gate2 = self.time(time).chunk(6, -1)
        x = x + gate1 * self.attention(self.norm1(x) * (1 + scale1) + shift1, keys, mask)
        return x + gate2 * self.mlp(self.norm2(x) * (1 + scale2) + shift2)


class Suffix(nn.Module):
    """Action tokens and their times to one output row per token."""

    def __init__(
        self, width: int, heads: int, layers: int, columns: int, horizon: int,
        table: AttentionTable, *, has_second: bool = False, is_fused: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.columns, self.horizon, self.table = columns, horizon, table
        self.given = nn.Linear(columns, width)
        self.place = nn.Parameter(torch.randn(horizon, width) * SPREAD)
        self.clock = TimeEmbedding(width, has_second=has_second)
        self.blocks = nn.ModuleList(
            SuffixBlock(width, heads, is_fused=is_fused) for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, columns)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def keys(self, tokens: Tensor) -> tuple[KeysValues, ...]:
        """Keys and values of an encoded prefix (b, m, width), by block."""
        return tuple(block.keys(tokens) for block in self.blocks)  # type: ignore[operator]

    def forward(
        self, x: Tensor, time: Tensor, prefix: EncodedPrefix, *,
        second: Tensor | None = None, taps: FeatureTaps | None = None,
    ) -> Tensor:  # fmt: skip
        """(b, horizon, columns) from action rows x of that shape at times (b, horizon), or (b, 1)
        for one time of all rows, which is cheaper."""
        has_time = time.shape in (x.shape[:2], (len(x), 1))
        if x.shape[1:] != (self.horizon, self.columns) or not has_time:
            raise ValueError(
                f'action rows {tuple(x.shape)} and times {tuple(time.shape)}: the model has '
                f'{self.horizon} rows of {self.columns}'
            )
        h = self.given(x) + self.place
        clock = self.clock(time, second)
        mask = self.mask(prefix)
        for k, (block, keys) in enumerate(zip(self.blocks, prefix.keys, strict=True)):
            h = block(h, clock, keys, mask)
            if taps is not None:
                taps.put(SUFFIX, k, h)
        made: Tensor = self.out(self.norm(h))
        return made

    def mask(self, prefix: EncodedPrefix) -> Tensor:
        """(b, 1, horizon, m + horizon) bool: the prefix first."""
        own = GroupLayout({ACTIONS: self.horizon})
        there = GroupLayout({**prefix.layout.sizes, ACTIONS: self.horizon})
        rows = self.table.rows.get(ACTIONS, (EVERY,))
        mask = AttentionTable({ACTIONS: rows}).mask(own, there, prefix.present.device)
        present = nn.functional.pad(prefix.present, (0, self.horizon), value=True)
        return mask & present[:, None, None, :]
