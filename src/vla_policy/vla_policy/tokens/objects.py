"""Objects, the task and the sentence as tokens: the inputs of a policy that is told the scene."""

from __future__ import annotations

from torch import Tensor, nn

from vla_policy.tokens.group import TokenGroup
from vla_policy.trunk.prefix import all_present


class RowToken(nn.Module):
    """One row of numbers as one token."""

    def __init__(self, name: str, columns: int, width: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.name = name
        self.project = nn.Sequential(nn.Dropout(dropout), nn.Linear(columns, width))

    def forward(self, row: Tensor) -> TokenGroup:
        """The group of rows (b, columns)."""
        tokens = self.project(row)[:, None]
        return TokenGroup(self.name, tokens, all_present(tokens))


class ObjectTokens(nn.Module):
    """One token per object of the scene; their order has no effect."""

    def __init__(self, columns: int, width: int) -> None:
        super().__init__()
        self.project = nn.Linear(columns, width)

    def forward(self, rows: Tensor, present: Tensor) -> TokenGroup:
        """The group 'objects' of rows (b, n, columns), of which `present` (b, n) are objects."""
        return TokenGroup('objects', self.project(rows), present)
