"""Where target and destination are in each picture: a heat map, learned beside the chunk.

The flow loss hardly shows whether a policy looks at the right object; this one does, and it makes
the picture's features hold it. Labels come from the simulator, in training only (after
InternVLA-M1, arXiv 2510.13778, whose grounding is pre-training).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vla_policy.decoders.protocol import weighted_mean

SPREAD = 1.0  # cells, of the label's Gaussian


class HeatMapHead(nn.Module):
    """Logits of each point over the cells of a feature map."""

    def __init__(self, channels: int, points: int) -> None:
        super().__init__()
        self.out = nn.Conv2d(channels, points, 1)

    def forward(self, features: Tensor) -> Tensor:
        """(b, points, h, w) logits of features (b, channels, h, w)."""
        made: Tensor = self.out(features)
        return made


def heat_map_loss(logits: Tensor, places: Tensor, is_seen: Tensor) -> Tensor:
    """Cross-entropy of logits (b, k, h, w) with Gaussians at places (b, k, 2), across and down in
    [-1, 1]; of points that are seen (b, k). 0 when none is."""
    if not bool(is_seen.any()):
        return logits.sum() * 0.0
    label = gaussians(places, (logits.shape[-2], logits.shape[-1]))
    error = -(label.flatten(2) * logits.float().flatten(2).log_softmax(-1)).sum(-1)
    return weighted_mean(error, is_seen.to(error.dtype))


def gaussians(places: Tensor, size: tuple[int, int]) -> Tensor:
    """(b, k, h, w), each sums to 1, at places (b, k, 2) in [-1, 1]."""
    height, width = size
    across = (places[..., :1] + 1.0) / 2.0 * (width - 1)
    down = (places[..., 1:] + 1.0) / 2.0 * (height - 1)
    x = torch.arange(width, device=places.device, dtype=places.dtype) - across
    y = torch.arange(height, device=places.device, dtype=places.dtype) - down
    log = -(y[..., :, None] ** 2 + x[..., None, :] ** 2) / (2.0 * SPREAD**2)
    return log.flatten(-2).softmax(-1).unflatten(-1, size)
