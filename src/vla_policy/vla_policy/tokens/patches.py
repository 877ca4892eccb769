"""Pictures as tokens: a small convolutional stem per camera, conditioned on words and robot.

The stem is modulated by the instruction (FiLM, arXiv 1709.07871), so that what it keeps of a
picture may depend on what is asked for. Its map becomes a grid of tokens and one token of
keypoints (spatial softmax, arXiv 1504.00702), which hold places to a fraction of a cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from vla_core.params import check, param
from vla_policy.tokens.group import TokenGroup
from vla_policy.trunk.prefix import all_present

CHANNELS = (24, 48, 48, 96, 128)
STRIDES = (2, 1, 2, 1, 2)
GROUPS = 8  # of GroupNorm: batches may be small
SHRINKS = 8  # product of the strides


@dataclass(frozen=True)
class ViewParams:
    """One camera."""

    name: str = param(text='of the camera, and of its group of tokens')
    height: int = param(64, 'px', lo=16, hi=512)
    width: int = param(64, 'px', lo=16, hi=512)
    rows: int = param(4, 'tokens down the picture', lo=1, hi=32)
    columns: int = param(4, 'tokens across the picture', lo=1, hi=32)
    keypoints: int = param(24, 'points of the spatial softmax', lo=1, hi=256)

    def __post_init__(self) -> None:
        check(self)
        cells = {'height': (self.height, self.rows), 'width': (self.width, self.columns)}
        for side, (pixels, tokens) in cells.items():
            if pixels % (SHRINKS * tokens):
                raise ValueError(
                    f'view {self.name}: its {side} of {pixels} px is no multiple of {SHRINKS} px '
                    f'times {tokens} tokens'
                )


class ModulatedLayer(nn.Module):
    """Convolution, norm, and a scale and shift of each channel given by the context."""

    def __init__(self, before: int, after: int, stride: int, context: int) -> None:
        super().__init__()
        kernel = 5 if before == 3 else 3  # the first layer sees pixels
        self.convolution = nn.Conv2d(before, after, kernel, stride, kernel // 2)
        self.norm = nn.GroupNorm(GROUPS, after)
        self.modulation = nn.Linear(context, 2 * after)
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        """(b, after, h, w) from x (b, before, h, w) and context (b, width)."""
        scale, shift = self.modulation(context)[..., None, None].chunk(2, 1)
        return nn.functional.silu(self.norm(self.convolution(x)) * (1.0 + scale) + shift)


class PatchTokens(nn.Module):
    """One camera's pictures to the group of its name."""

    def __init__(self, view: ViewParams, width: int) -> None:
        super().__init__()
        self.view = view
        channels = (3, *CHANNELS)
        self.layers = nn.ModuleList(
            ModulatedLayer(channels[k], channels[k + 1], stride, width)
            for k, stride in enumerate(STRIDES)
        )
        self.patches = nn.Linear(CHANNELS[-1], width)
        self.place = nn.Parameter(torch.randn(view.rows * view.columns, width) * 0.02)
        self.points = nn.Conv2d(CHANNELS[-1], view.keypoints, 1)
        self.keypoints = nn.Linear(2 * view.keypoints, width)

    def forward(self, pictures: Tensor, context: Tensor) -> tuple[TokenGroup, Tensor]:
        """Return the tokens and the feature map (b, channels, height / 8, width / 8) of pictures
        (b, 3, height, width) in [0, 1], given a context (b, width)."""
        view = self.view
        if pictures.shape[1:] != (3, view.height, view.width):
            raise ValueError(
                f'pictures of {view.name} are {tuple(pictures.shape[1:])}, the model has '
                f'(3, {view.height}, {view.width})'
            )
        x = 2.0 * pictures - 1.0
        for layer in self.layers:
            x = cast(ModulatedLayer, layer)(x, context)
        grid = nn.functional.adaptive_avg_pool2d(x, (view.rows, view.columns))
        patches = self.patches(grid.flatten(2).transpose(1, 2)) + self.place
        places = self.keypoints(spatial_softmax(self.points(x)).flatten(1))
        tokens = torch.cat([patches, places[:, None]], 1)
        return TokenGroup(view.name, tokens, all_present(tokens)), x


def spatial_softmax(maps: Tensor) -> Tensor:
    """(b, k, 2) expected place of each map (b, k, h, w): across, down, in [-1, 1]."""
    maps = maps.float()  # places need more digits than bfloat16 has
    height, width = maps.shape[-2:]
    weight = maps.flatten(2).softmax(-1).unflatten(-1, (height, width))
    across = torch.linspace(-1.0, 1.0, width, device=maps.device, dtype=maps.dtype)
    down = torch.linspace(-1.0, 1.0, height, device=maps.device, dtype=maps.dtype)
    return torch.stack([(weight.sum(-2) * across).sum(-1), (weight.sum(-1) * down).sum(-1)], -1)
