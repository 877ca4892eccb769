"""Where the heat maps of each picture have target and destination, as a token per picture.

Words choose a thing, the heat map says where it is, and the trunk needs no more than that to aim:
without these tokens it has to find the place again in the features.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from vla_policy.tokens.group import TokenGroup
from vla_policy.tokens.patches import spatial_softmax
from vla_policy.trunk.prefix import all_present

NAME = 'places'
SHARPNESS = 2.0  # on the logits: between two likely places the mean is neither


class PlaceTokens(nn.Module):
    """Heat maps to the group 'places'."""

    def __init__(self, views: int, points: int, width: int) -> None:
        super().__init__()
        self.project = nn.ModuleList(nn.Linear(3 * points, width) for _ in range(views))

    def forward(self, logits: Sequence[Tensor]) -> TokenGroup:
        """One token for each of the logits (b, points, h, w): places across and down in [-1, 1],
        and how much of the map is there."""
        made = []
        for maps, project in zip(logits, self.project, strict=True):
            places = spatial_softmax(SHARPNESS * maps)
            peak = maps.float().flatten(2).softmax(-1).amax(-1, keepdim=True)
            made.append(project(torch.cat([places, peak], -1).flatten(1)))
        tokens = torch.stack(made, 1)
        return TokenGroup(NAME, tokens, all_present(tokens))
