"""Words of the instruction: one token per word piece of MiniLM, not one vector per sentence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vla_policy.sentence_encoder import WIDTH
from vla_policy.tokens.group import TokenGroup

NAME = 'words'


class WordTokens(nn.Module):
    """States of the sentence encoder, projected to the width of the model."""

    def __init__(self, width: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.project = nn.Sequential(nn.Dropout(dropout), nn.Linear(WIDTH, width))

    def forward(self, states: Tensor, present: Tensor) -> TokenGroup:
        """The group 'words' of states (b, n, 384), of which `present` (b, n) are words."""
        return TokenGroup(NAME, self.project(states), present)


def padded(sentences: Sequence[NDArray[np.float32]]) -> tuple[Tensor, Tensor]:
    """Return (b, n, 384) states and (b, n) bool present of sentences (k, 384) of any length."""
    most = max(len(states) for states in sentences)
    made = torch.zeros(len(sentences), most, WIDTH)
    present = torch.zeros(len(sentences), most, dtype=torch.bool)
    for row, states in enumerate(sentences):
        made[row, : len(states)] = torch.from_numpy(np.array(states))
        present[row, : len(states)] = True
    return made, present


def mean_of(group: TokenGroup) -> Tensor:
    """(b, width), the mean of the tokens that are present; 0 without any."""
    weight = group.present[..., None].to(group.tokens.dtype)
    total: Tensor = (group.tokens * weight).sum(1) / weight.sum(1).clamp(min=1.0)
    return total
