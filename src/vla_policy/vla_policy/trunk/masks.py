"""Which group of tokens attends to which: a table, and the masks made of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from vla_policy.tokens.group import GroupLayout

EVERY = '*'  # all groups that are there


@dataclass(frozen=True)
class AttentionTable:
    """Row attends to column, by the names of groups. A group without a row attends to all.

    A row must hold the group itself when its tokens may see each other.
    """

    rows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def check(self, names: Iterable[str]) -> None:
        """ValueError when the table names a group that is not among `names`."""
        known = {*names, EVERY}
        unknown = {name for row in self.rows.values() for name in row} | set(self.rows)
        if unknown - known:
            raise ValueError(f'the table names {sorted(unknown - known)}; groups: {sorted(known)}')

    def mask(self, rows: GroupLayout, columns: GroupLayout, device: torch.device) -> Tensor:
        """Return (n, m) bool, True where the row attends to the column."""
        made = torch.zeros(rows.count, columns.count, dtype=torch.bool, device=device)
        for row, here in rows.slices().items():
            seen = self.rows.get(row, (EVERY,))
            for column, there in columns.slices().items():
                if EVERY in seen or column in seen:
                    made[here, there] = True
        return made


def keep_open(mask: Tensor) -> Tensor:
    """Return the mask with a row that sees nothing opened to all: its softmax would be NaN.

    Such a row is a token that is not present; nobody attends to it.
    """
    return mask | ~mask.any(-1, keepdim=True)
