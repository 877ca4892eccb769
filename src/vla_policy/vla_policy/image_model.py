"""A policy's network that looks: pictures, words and the robot's own state to chunks.

Nothing else goes in: no objects, roles or phases, and nothing of the grammar.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import torch
from torch import Generator, Tensor, nn

from vla_core.params import check, param
from vla_policy.decoders.protocol import Decoder
from vla_policy.heads.ground import HeatMapHead, heat_map_loss
from vla_policy.tokens.group import TokenGroup
from vla_policy.tokens.patches import CHANNELS, PatchTokens, ViewParams
from vla_policy.tokens.places import PlaceTokens
from vla_policy.tokens.robot import RobotToken
from vla_policy.tokens.words import WordTokens, mean_of
from vla_policy.trunk.model import PolicyTrunk, TrunkParams
from vla_policy.trunk.prefix import EncodedPrefix
from vla_policy.trunk.taps import FeatureTaps

POINTS = ('target', 'destination')  # of the heat maps


@dataclass(frozen=True)
class ImageModelParams:
    """Inputs and sizes of the network."""

    views: tuple[ViewParams, ...] = param(text='cameras, in their order')
    robot_columns: int = param(22, 'columns of the robot row', lo=1, hi=1000)
    dropout: float = param(0.0, 'rate on the word states in training', lo=0.0, hi=0.9)
    heat_weight: float = param(0.3, 'of the heat maps beside the loss', lo=0.0, hi=10.0)
    has_places: bool = param(False, 'the places of the heat maps are tokens, too')
    trunk: TrunkParams = param(TrunkParams())

    def __post_init__(self) -> None:
        check(self)
        if len({view.name for view in self.views}) < max(1, len(self.views)):
            raise ValueError(f'views {[v.name for v in self.views]}: at least one, each once')


@dataclass(frozen=True)
class ImageBatch:
    """What the policy is given; leading axis b."""

    pictures: Mapping[str, Tensor]  # by view: (b, 3, height, width) in [0, 1]
    words: Tensor  # (b, n, 384)
    has_word: Tensor  # (b, n) bool
    robot: Tensor  # (b, robot_columns), normalised


@dataclass(frozen=True)
class GroundLabels:
    """Places of POINTS in each view; of the simulator, in training only."""

    places: Mapping[str, Tensor]  # by view: (b, 2, 2) across and down in [-1, 1]
    is_seen: Mapping[str, Tensor]  # by view: (b, 2) bool


class ImageModel(nn.Module):
    """Tokenizers, the shared trunk, and heat maps as an auxiliary loss."""

    def __init__(self, p: ImageModelParams, decoder: Decoder) -> None:
        super().__init__()
        self.params = p
        width = p.trunk.width
        self.words = WordTokens(width, p.dropout)
        self.robot = RobotToken(p.robot_columns, width)
        self.context = nn.Linear(2 * width, width)
        self.views = nn.ModuleList(PatchTokens(view, width) for view in p.views)
        self.heat = nn.ModuleList(HeatMapHead(CHANNELS[-1], len(POINTS)) for _ in p.views)
        self.places = PlaceTokens(len(p.views), len(POINTS), width) if p.has_places else None
        self.trunk = PolicyTrunk(p.trunk, decoder)

    def tokens(self, batch: ImageBatch) -> tuple[list[TokenGroup], dict[str, Tensor]]:
        """Return the groups, and the heat maps (logits) of each view; KeyError names a missing
        view."""
        words, robot = self.words(batch.words, batch.has_word), self.robot(batch.robot)
        context = self.context(torch.cat([mean_of(words), robot.tokens[:, 0]], -1))
        groups, heat = [words, robot], {}
        for module, head in zip(self.views, self.heat, strict=True):
            group, features = self._looked(cast(PatchTokens, module), batch.pictures, context)
            groups.append(group)
            heat[group.name] = head(features)
        if self.places is not None:
            groups.append(self.places(tuple(heat.values())))
        return groups, heat

    @staticmethod
    def _looked(
        view: PatchTokens, pictures: Mapping[str, Tensor], context: Tensor
    ) -> tuple[TokenGroup, Tensor]:
        name = view.view.name
        if name not in pictures:
            raise KeyError(f'no picture of {name}; given: {", ".join(pictures) or "none"}')
        made: tuple[TokenGroup, Tensor] = view(pictures[name], context)
        return made

    def encode(self, batch: ImageBatch, taps: FeatureTaps | None = None) -> EncodedPrefix:
        """Encode an observation once, for all candidates and steps."""
        return self.trunk.encode(self.tokens(batch)[0], taps)

    def losses(
        self, batch: ImageBatch, chunk: Tensor, weight: Tensor,
        labels: GroundLabels | None = None, random: Generator | None = None,
    ) -> dict[str, Tensor]:  # fmt: skip
        """Scalars: 'chunk' of the decoder, 'heat' where labels are given, and their 'total'."""
        groups, heat = self.tokens(batch)
        made = {'chunk': self.trunk.loss(groups, chunk, weight, random)}
        if labels is not None:
            made['heat'] = self._heat(heat, labels)
        made['total'] = made['chunk'] + self.params.heat_weight * made.get('heat', 0.0)
        return made

    @staticmethod
    def _heat(heat: Mapping[str, Tensor], labels: GroundLabels) -> Tensor:
        return torch.stack([
            heat_map_loss(logits, labels.places[name], labels.is_seen[name])
            for name, logits in heat.items()
        ]).mean()  # fmt: skip

    def sample(
        self, prefix: EncodedPrefix, noise: Tensor, taps: FeatureTaps | None = None,
        decoder: Decoder | None = None,
    ) -> Tensor:  # fmt: skip
        """Chunks, shaped as `noise` (b * k, horizon, columns)."""
        return self.trunk.sample(prefix, noise, taps, decoder)
