"""Groups of tokens: what a tokenizer makes of one part of an observation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class TokenGroup:
    """Tokens of one kind; the table of a model says which groups attend to it."""

    name: str
    tokens: Tensor  # (b, n, width)
    present: Tensor  # (b, n) bool; False: no token, e.g. padding of a sentence

    def __post_init__(self) -> None:
        if self.tokens.shape[:2] != self.present.shape:
            raise ValueError(
                f'group {self.name}: tokens {tuple(self.tokens.shape)} and present '
                f'{tuple(self.present.shape)} differ in batch or count'
            )


@dataclass(frozen=True)
class GroupLayout:
    """Order and sizes of groups in one sequence."""

    sizes: Mapping[str, int]  # tokens by name, in their order

    @property
    def count(self) -> int:
        """Tokens in all."""
        return sum(self.sizes.values())

    def slices(self) -> dict[str, slice]:
        """Where the tokens of each group are."""
        ends: dict[str, slice] = {}
        at = 0
        for name, size in self.sizes.items():
            ends[name] = slice(at, at + size)
            at += size
        return ends


def layout_of(groups: Sequence[TokenGroup]) -> GroupLayout:
    """Return the layout of groups in this order; ValueError when a name stands twice."""
    sizes = {group.name: group.tokens.shape[1] for group in groups}
    if len(sizes) < len(groups):
        raise ValueError(f'a group stands twice: {[group.name for group in groups]}')
    return GroupLayout(sizes)


def joined(groups: Sequence[TokenGroup]) -> tuple[Tensor, Tensor]:
    """Return (b, n, width) tokens and (b, n) bool present of all groups, in order."""
    tokens = torch.cat([group.tokens for group in groups], 1)
    return tokens, torch.cat([group.present for group in groups], 1)
