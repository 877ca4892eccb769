"""Rows of objects for the trainer, and the error of a trained model on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from vla_learning.data.samples import Samples
from vla_learning.training.trainer import EXECUTED, Noise, row_weights
from vla_policy.normalise import ChunkNormaliser
from vla_policy.object_model import ObjectBatch, ObjectModel


@dataclass
class ObjectLessons:
    """Samples on the device, chunks normalised."""

    samples: Samples
    normaliser: ChunkNormaliser
    device: torch.device

    def __post_init__(self) -> None:
        s = self.samples
        names = ('robot', 'objects', 'present', 'task')
        self._inputs = [torch.from_numpy(getattr(s, n)).to(self.device) for n in names]
        self._sentence = torch.from_numpy(s.sentence.astype(np.int64)).to(self.device)
        self._sentences = torch.from_numpy(s.sentences).to(self.device)
        chunks = self.normaliser.forward(s.chunk.astype(np.float64)).astype(np.float32)
        self._chunks = torch.from_numpy(chunks).to(self.device)
        most = int(s.present.sum(1).max())  # largest number of objects: empty rows are dropped
        self._inputs[1], self._inputs[2] = self._inputs[1][:, :most], self._inputs[2][:, :most]

    def __len__(self) -> int:
        return len(self.samples)

    def pick(self, rows: Tensor) -> tuple[ObjectBatch, Tensor]:
        """Return inputs and normalised chunks of those rows."""
        robot, objects, present, task = (part[rows] for part in self._inputs)
        sentence = self._sentences[self._sentence[rows]]
        return ObjectBatch(robot, objects, present, task, sentence), self._chunks[rows]

    def loss(self, model: ObjectModel, rows: Tensor, noise: Noise) -> Tensor:
        """Scalar loss of those rows."""
        batch, chunks = self.pick(rows)
        weight = row_weights(chunks.shape[1]).to(chunks.device).expand_as(chunks)
        return model.loss(batch, chunks, weight, noise.generator)


@torch.no_grad()
def open_loop_error(model: ObjectModel, table: ObjectLessons, most: int = 512) -> dict[str, float]:
    """Return the errors to the expert's chunks: mm at 0.3 s and at the end, wrong grips."""
    noise = Noise(99, table.device).at(0)
    rows = noise.rows(len(table), min(most, len(table)))
    batch, target = table.pick(rows)
    start = 0.3 * noise.normal(target.shape)
    got = model.sample(model.encode(batch), start)
    back = table.normaliser.backward
    ours, theirs = back(got.cpu().double().numpy()), back(target.cpu().double().numpy())
    gap = np.linalg.norm(ours[..., :3] - theirs[..., :3], axis=-1) * 1e3
    wrong = np.abs(ours[..., :EXECUTED, 6] - theirs[..., :EXECUTED, 6]) > 0.03
    near = min(3, gap.shape[1] - 1)
    return {
        'near_mm': float(np.median(gap[:, near])),
        'near_p95_mm': float(np.quantile(gap[:, near], 0.95)),
        'far_mm': float(np.median(gap[:, -1])),
        'grip_wrong': float(wrong.mean()),
    }
