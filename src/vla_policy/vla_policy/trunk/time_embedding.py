"""Time of the suffix as a vector: one value per token, and a second one where a decoder has it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

PERIODS = 3.0  # decades of the shortest period below 2 pi


class TimeEmbedding(nn.Module):
    """(b, n) times in [0, 1] to (b, n, width); the second time is added where it is given."""

    def __init__(self, width: int, *, has_second: bool = False) -> None:
        super().__init__()
        self.width = width
        self.first = _mlp(width)
        self.second = _mlp(width) if has_second else None

    def forward(self, time: Tensor, second: Tensor | None = None) -> Tensor:
        """ValueError when a second time is given and not expected, or the reverse."""
        if (second is None) != (self.second is None):
            has = 'no' if self.second is None else 'a'
            raise ValueError(f'the model has {has} second time')
        made: Tensor = self.first(waves(time, self.width))
        if self.second is not None and second is not None:
            made = made + self.second(waves(second, self.width))
        return made


def waves(time: Tensor, width: int) -> Tensor:
    """(..., width) sines and cosines of (...) times, periods from 2 pi to 2 pi / 1000."""
    rates = torch.logspace(0.0, PERIODS, width // 2, device=time.device, dtype=time.dtype)
    angle = time[..., None] * rates
    return torch.cat([angle.sin(), angle.cos()], -1)


def _mlp(width: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU())
