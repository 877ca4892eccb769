"""Training samples as arrays: policy inputs and target chunks."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Samples:
    """n observations with their labels; the widths are those of vla_policy/objects/features.py."""

    robot: Floats  # (n, ROBOT_WIDTH)
    objects: Floats  # (n, MOST_OBJECTS, OBJECT_WIDTH)
    present: NDArray[np.bool_]  # (n, MOST_OBJECTS)
    task: Floats  # (n, TASK_WIDTH)
    sentence: NDArray[np.int32]  # (n,) row of `sentences`
    chunk: Floats  # (n, horizon, 7) EE_DELTA: m, rad, m
    episode: NDArray[np.int32]  # (n,) number of the episode
    sentences: Floats  # (s, 384) one per instruction

    def __len__(self) -> int:
        return len(self.robot)

    def subset(self, rows: NDArray[np.bool_]) -> Samples:
        """Return the samples of those rows."""
        picked = {f.name: getattr(self, f.name) for f in fields(self)}
        for name in picked:
            if name != 'sentences':
                picked[name] = picked[name][rows]
        return Samples(**picked)

    def save(self, path: Path, about: dict[str, object]) -> None:
        """Write one npz file atomically."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix('.partial.npz')
        arrays = {f.name: getattr(self, f.name) for f in fields(self)}
        np.savez(part, about=np.array(json.dumps(about)), **arrays)
        part.replace(path)

    @staticmethod
    def load(path: Path) -> tuple[Samples, dict[str, object]]:
        """Return what `save` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            arrays = {f.name: stored[f.name] for f in fields(Samples)}
            return Samples(**arrays), json.loads(str(stored['about']))


def joined(parts: list[Samples]) -> Samples:
    """Return all samples of all parts; episodes are renumbered, sentences deduplicated."""
    sentences, offsets, seen = [], [], 0
    for part in parts:
        offsets.append(seen)
        sentences.append(part.sentences)
        seen += len(part.sentences)
    columns = {}
    for f in fields(Samples):
        if f.name not in ('sentence', 'sentences', 'episode'):
            columns[f.name] = np.concatenate([getattr(part, f.name) for part in parts])
    number = np.concatenate([np.full(len(p), k, np.int32) for k, p in enumerate(parts)])
    index = np.concatenate([p.sentence + o for p, o in zip(parts, offsets, strict=True)])
    table, inverse = np.unique(np.concatenate(sentences), axis=0, return_inverse=True)
    sentence = inverse.reshape(-1)[index].astype(np.int32)
    return Samples(**columns, sentence=sentence, sentences=table, episode=number)
