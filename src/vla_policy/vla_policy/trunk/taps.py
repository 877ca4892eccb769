"""Features of the network on the way: by layer, step of the sampler and token."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

PREFIX, SUFFIX = 'prefix', 'suffix'


class FeatureTaps:
    """Keeps what passes; a failure detector reads it. Nothing is kept while `is_on` is False."""

    def __init__(self, *, is_on: bool = True) -> None:
        self.is_on = is_on
        self._kept: dict[tuple[str, int, int], Tensor] = {}
        self.step = 0  # of the sampler

    def put(self, part: str, layer: int, features: Tensor) -> None:
        """Keep (b, n, width) features of a layer at the current step."""
        if self.is_on:
            step = self.step if part == SUFFIX else 0
            self._kept[part, step, layer] = features.detach()

    def get(self, part: str, layer: int, step: int = 0) -> Tensor:
        """(b, n, width); KeyError names what there is."""
        try:
            return self._kept[part, step, layer]
        except KeyError:
            there = ', '.join(f'{p} step {s} layer {n}' for p, s, n in sorted(self._kept))
            raise KeyError(f'no features of {part} step {step} layer {layer}: {there}') from None

    def all_of(self, part: str) -> Tensor:
        """(b, steps, layers, n, width) of a part, in order; ValueError when there is none."""
        steps = sorted({step for p, step, _ in self._kept if p == part})
        if not steps:
            raise ValueError(f'no features of {part} were kept')
        return torch.stack([torch.stack(list(self._layers(part, step)), 1) for step in steps], 1)

    def _layers(self, part: str, step: int) -> Iterator[Tensor]:
        layers = sorted(layer for p, s, layer in self._kept if (p, s) == (part, step))
        return (self._kept[part, step, layer] for layer in layers)
