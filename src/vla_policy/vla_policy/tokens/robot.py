"""The robot's own state as one token."""

from __future__ import annotations

from torch import Tensor, nn

from vla_policy.tokens.group import TokenGroup
from vla_policy.trunk.prefix import all_present

NAME = 'robot'


class RobotToken(nn.Module):
    """A row of proprioception, projected to the width of the model."""

    def __init__(self, columns: int, width: int) -> None:
        super().__init__()
        self.project = nn.Sequential(nn.Linear(columns, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, row: Tensor) -> TokenGroup:
        """The group 'robot' of rows (b, columns), normalised."""
        tokens = self.project(row)[:, None]
        return TokenGroup(NAME, tokens, all_present(tokens))
