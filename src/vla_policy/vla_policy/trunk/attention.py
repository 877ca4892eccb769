"""Multi-head attention with precomputed context, as one fused call or written out.

The fused kernel is the fast one. Written out, it has a forward-mode derivative and its weights can
be looked at; a decoder says which it needs.
"""

from __future__ import annotations

from math import sqrt

import torch
from torch import Tensor, nn

KeysValues = tuple[Tensor, Tensor]  # each (b, heads, m, width / heads)


class Attention(nn.Module):
    """Attention from x to x, and to a context whose keys and values were computed before."""

    def __init__(self, width: int, heads: int, *, is_fused: bool = True) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f'width {width} is no multiple of {heads} heads')
        self.heads, self.is_fused = heads, is_fused
        self.query = nn.Linear(width, width)
        self.own = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def split(self, x: Tensor) -> Tensor:
        """Return (b, heads, n, width / heads)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(-2, -3)

    def forward(self, x: Tensor, context: KeysValues | None, mask: Tensor) -> Tensor:
        """(b, n, width) from x (b, n, width); `mask` broadcasts to (b, heads, n, m + n) bool, the
        context first."""
        q = self.split(self.query(x))
        k, v = (self.split(part) for part in self.own(x).chunk(2, -1))
        if context is not None:
            k, v = torch.cat([context[0], k], -2), torch.cat([context[1], v], -2)
        is_slow = torch.is_grad_enabled() and q.device.type == 'cpu'  # its backward pass there
        is_fused = self.is_fused and not is_slow
        y = self._fused(q, k, v, mask) if is_fused else self._explicit(q, k, v, mask)
        made: Tensor = self.out(y.transpose(-2, -3).flatten(-2))
        return made

    @staticmethod
    def _fused(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
        return nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)

    @staticmethod
    def _explicit(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
        scores = q @ k.transpose(-1, -2) / sqrt(q.shape[-1])
        return scores.masked_fill(~mask, float('-inf')).softmax(-1) @ v
