"""Batches of pictures for the trainer: normalised, augmented, with the words of each sentence.

Shifts, brightness, contrast and colour strength vary, as another light or a bumped camera would;
the hue does not: it is what tells the objects apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vla_core.params import check, param
from vla_learning.data.image_dataset import ImageDataset
from vla_learning.training.trainer import Noise, row_weights
from vla_policy.image_model import GroundLabels, ImageBatch, ImageModel
from vla_policy.normalise import ChunkNormaliser
from vla_policy.tokens.windows import as_tensor
from vla_policy.tokens.words import padded

MOST = 5.0  # sigmas; labels beyond are clamped: a few of them would own the loss

Encode = Callable[[str], NDArray[np.float32]]  # sentence to word states (k, 384)


@dataclass(frozen=True)
class PictureAugmentation:
    """Size of the random changes of a picture."""

    shift: int = param(2, 'px, largest', lo=0, hi=16)
    brightness: float = param(0.2, 'largest relative change', lo=0.0, hi=0.9)
    contrast: float = param(0.2, 'largest relative change', lo=0.0, hi=0.9)
    saturation: float = param(0.2, 'largest relative change', lo=0.0, hi=0.9)

    def __post_init__(self) -> None:
        check(self)


class ImageLessons:
    """Rows of a dataset as lessons; `augmentation` None for held-out ones."""

    def __init__(
        self, data: ImageDataset, rows: NDArray[np.int64], normaliser: ChunkNormaliser,
        encode: Encode, augmentation: PictureAugmentation | None, device: torch.device,
    ) -> None:  # fmt: skip
        self._data, self._rows, self._device = data, rows, device
        self._normaliser, self._augmentation = normaliser, augmentation
        self._words, self._has_word = padded([encode(text) for text in data.sentences])
        self._is_mixed = has_fast_bfloat16(device)
        self._weight = row_weights(data.arrays['chunks'].shape[1])

    def __len__(self) -> int:
        return len(self._rows)

    def loss(self, model: ImageModel, rows: Tensor, noise: Noise) -> Tensor:
        """Scalar loss of those rows."""
        batch, chunk, labels = self.pick(rows.cpu().numpy(), noise)
        weight = self._weight.to(chunk.device).expand_as(chunk)
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._is_mixed):
            return model.losses(batch, chunk, weight, labels, noise.generator)['total']

    def pick(
        self, rows: NDArray[np.int64], noise: Noise
    ) -> tuple[ImageBatch, Tensor, GroundLabels]:
        """Inputs, normalised chunks and places of those rows."""
        at = self._rows[rows]
        order = np.argsort(at)  # of the file
        back = np.argsort(order)
        arrays = {
            name: np.asarray(part[at[order]])[back] for name, part in self._data.arrays.items()
        }
        pictures, places, seen = {}, {}, {}
        for view in self._data.views:
            given = as_tensor(arrays[f'pictures {view}'])
            place = torch.from_numpy(arrays[f'places {view}']).float()
            if self._augmentation is not None:
                given, place = augmented(given, place, self._augmentation, noise.generator)
            pictures[view], places[view] = given.to(self._device), place.to(self._device)
            seen[view] = torch.from_numpy(arrays[f'is_seen {view}']).to(self._device)
        chunk = self._normaliser.forward(np.asarray(arrays['chunks'], np.float64))
        words = torch.from_numpy(self._data.sentence[at])
        batch = ImageBatch(
            pictures, self._words[words].to(self._device), self._has_word[words].to(self._device),
            torch.from_numpy(np.asarray(arrays['robot'])).float().to(self._device),
        )  # fmt: skip
        clamped = torch.from_numpy(np.clip(chunk, -MOST, MOST)).float().to(self._device)
        return batch, clamped, GroundLabels(places, seen)


def has_fast_bfloat16(device: torch.device) -> bool:
    """True where bfloat16 is quicker than float32: on a GPU, and on a CPU with AVX512-BF16."""
    if device.type == 'cuda':
        return torch.cuda.is_bf16_supported()
    return bool(torch.cpu._is_avx512_bf16_supported())


def augmented(
    pictures: Tensor, places: Tensor, p: PictureAugmentation, random: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Pictures (b, 3, h, w) in [0, 1] and places (b, k, 2) with random changes by picture."""
    count, _, height, width = pictures.shape

    def factor(most: float) -> Tensor:
        return 1.0 + most * (2.0 * torch.rand(count, 1, 1, 1, generator=random) - 1.0)

    grey = pictures.mean(1, keepdim=True)
    made = grey + (pictures - grey) * factor(p.saturation)
    middle = made.mean((1, 2, 3), keepdim=True)
    made = (middle + (made - middle) * factor(p.contrast)) * factor(p.brightness)
    if p.shift:
        made = nn.functional.pad(made, (p.shift,) * 4, mode='replicate')
        moves = torch.randint(0, 2 * p.shift + 1, (count, 2), generator=random)
        made = torch.stack([
            made[k, :, top : top + height, left : left + width]
            for k, (left, top) in enumerate(moves.tolist())
        ])  # fmt: skip
        moved = 2.0 * (p.shift - moves) / torch.tensor([width, height])
        places = places + moved[:, None]
    return made.clamp(0.0, 1.0), places
