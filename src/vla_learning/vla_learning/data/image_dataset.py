"""A training set of pictures: one array per input, on disk, read by the row.

The episodes are joined once into arrays that are mapped into memory, so that a set larger than the
memory can be trained on. The files are bound to the episodes by a hash of their names and sizes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vla_core.atomic_file import write_atomic
from vla_core.errors import UserError
from vla_core.frozen import Array
from vla_learning.data.image_episodes import ImageEpisode, length_of, load_episode

INDEX = 'index.json'
LEAST_SPREAD = np.array([0.004, 0.004, 0.004, 0.02, 0.02, 0.02, 0.04])  # m, rad, m


@dataclass(frozen=True)
class ImageDataset:
    """Arrays with a leading axis of samples."""

    arrays: Mapping[str, NDArray[np.generic]]
    sentence: NDArray[np.int64]  # (n,) index into `sentences`
    sentences: tuple[str, ...]
    episode: NDArray[np.int64]  # (n,)
    digest: str  # of the episodes

    def __len__(self) -> int:
        return len(self.sentence)

    @property
    def views(self) -> tuple[str, ...]:
        """Names of the cameras."""
        return tuple(n.split(' ', 1)[1] for n in self.arrays if n.startswith('pictures '))


def episodes_in(folder: Path) -> list[Path]:
    """The episodes of a folder, in order; UserError without any."""
    found = sorted(folder.glob('*.npz'))
    if not found:
        raise UserError(
            f'{folder} has no episode with pictures: ./vla demos --pictures makes them'
        )
    return found


def digest_of(paths: Sequence[Path]) -> str:
    """Name of a set of episodes."""
    text = '\n'.join(f'{path.name} {path.stat().st_size}' for path in paths)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def open_dataset(folders: Sequence[Path], cache: Path) -> ImageDataset:
    """The episodes of all folders, joined in `cache` unless they are there."""
    paths = [path for folder in folders for path in episodes_in(folder)]
    digest = digest_of(paths)
    folder = cache / digest
    if not (folder / INDEX).is_file():
        _join(paths, folder, digest)
    index = json.loads((folder / INDEX).read_text(encoding='utf-8'))
    arrays = {name: np.load(folder / f'{name}.npy', mmap_mode='r') for name in index['arrays']}
    return ImageDataset(
        arrays, np.array(index['sentence']), tuple(index['sentences']),
        np.array(index['episode']), digest,
    )  # fmt: skip


def _join(paths: Sequence[Path], folder: Path, digest: str) -> None:
    """Write the arrays; the index comes last, so that a set without it is not complete."""
    folder.mkdir(parents=True, exist_ok=True)
    count = sum(length_of(path) for path in paths)
    made: dict[str, NDArray[np.generic]] = {}
    sentences: dict[str, int] = {}
    sentence, number, at = [], [], 0
    for k, path in enumerate(paths):
        episode = load_episode(path)
        rows = slice(at, at + len(episode))
        for name, part in _arrays(episode).items():
            if name not in made:
                made[name] = np.lib.format.open_memmap(
                    folder / f'{name}.npy', 'w+', part.dtype, (count, *part.shape[1:])
                )
            made[name][rows] = part
        sentence += [sentences.setdefault(episode.instruction, len(sentences))] * len(episode)
        number += [k] * len(episode)
        at = rows.stop
    for array in made.values():
        if isinstance(array, np.memmap):
            array.flush()
    index = {'arrays': list(made), 'sentence': sentence, 'sentences': list(sentences),
             'episode': number, 'digest': digest}  # fmt: skip
    write_atomic(folder / INDEX, json.dumps(index))


def _arrays(episode: ImageEpisode) -> dict[str, NDArray[np.generic]]:
    made: dict[str, NDArray[np.generic]] = {'robot': episode.robot, 'chunks': episode.chunks}
    for kind in ('pictures', 'places', 'is_seen'):
        made |= {f'{kind} {name}': part for name, part in getattr(episode, kind).items()}
    return made


def statistics(rows: Array, least: Array | float) -> tuple[Array, Array]:
    """Mean and spread of rows (n, ...), the spread at least `least`; of all data: a spread of some
    of it makes the labels of the rest tens of sigmas."""
    values = np.asarray(rows, np.float64)
    return values.mean(0), np.maximum(values.std(0), least)
