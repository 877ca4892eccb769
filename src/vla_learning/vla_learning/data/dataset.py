"""Recorded episodes to samples: each inference yields an observation and a chunk."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from vla_core.errors import UserError
from vla_core.records.action import ActionChunk
from vla_core.records.sensing import Observation
from vla_core.records.task import Phase, TaskStatus
from vla_core.robot.config import RobotConfig, load_robot
from vla_learning.data.augment import AugmentParams, expert_chunk, nearby
from vla_learning.data.samples import Samples, joined
from vla_policy.align import Bundler, BundlerParams
from vla_policy.experts import scripted
from vla_policy.experts.scripted import ChunkParams
from vla_policy.objects import features
from vla_policy.objects.memory import Memory, Recall
from vla_policy.sentence_encoder import SentenceEncoder

STREAMS = ('joint_states', 'scene', 'candidates', 'status')
SAME = 2e-3  # s, largest difference between the stamps of chunk and observation


@dataclass(frozen=True)
class Inference:
    """One inference of a policy."""

    observation: Observation
    recall: Recall
    chunk: ActionChunk  # as proposed, before any shift


def inferences(path: Path, robot: RobotConfig) -> Iterator[Inference]:
    """Yield the inferences of a recorded episode in order."""
    from vla_teleop.recorder.recording import (
        read_records,  # needs the built messages
    )

    bundler, memory = Bundler(BundlerParams(), robot), Memory()
    status: TaskStatus | None = None
    for item in read_records(path, robot, STREAMS):
        if item.stream == 'joint_states':
            bundler.on_joints(item.record)
        elif item.stream == 'scene':
            bundler.on_scene(item.record)
        elif item.stream == 'status':
            if _begins(status, item.record):
                memory.reset()
            status = item.record
        elif status is not None:
            observation = bundler.bundle(item.at, status)
            chunk = item.record[0]
            if observation is not None and abs(observation.stamp - chunk.stamp) <= SAME:
                yield Inference(observation, memory.update(observation), chunk)


def _begins(was: TaskStatus | None, now: TaskStatus) -> bool:
    """True when an attempt begins, as in the hosts, which then reset the policy."""
    is_running = now.phase == Phase.RUNNING
    return is_running and (was is None or was.phase != Phase.RUNNING)


def read_episode(path: Path, robot_name: str, p: AugmentParams) -> Samples | None:
    """Return the samples of one episode, copies included; None when there are none."""
    robot, encoder = load_robot(robot_name), _encoder()
    rng = np.random.default_rng(int.from_bytes(path.name.encode()[-12:], 'little'))
    rows: list[features.Inputs] = []
    labels: list[np.ndarray] = []
    for inference in inferences(path, robot):
        o, recall = inference.observation, inference.recall
        sentence = encoder.encode(o.instruction)
        rows.append(features.describe(o, recall, sentence))
        labels.append(inference.chunk.values)
        if inference.chunk.checkpoint != scripted.NAME:
            continue  # only the scripted policy can be queried again
        shape = ChunkParams(horizon=inference.chunk.horizon, step=inference.chunk.step)
        for _ in range(p.copies):
            other, memory = nearby(o, recall, p, rng)
            rows.append(features.describe(other, memory, sentence))
            labels.append(expert_chunk(other, memory, shape))
    return to_samples(rows, labels) if rows else None


def to_samples(rows: list[features.Inputs], labels: list[np.ndarray]) -> Samples:
    """Return inputs and labels as arrays, all of one episode."""
    batch = features.stacked(rows)
    sentences, index = np.unique(batch.sentence, axis=0, return_inverse=True)
    return Samples(
        robot=batch.robot,
        objects=batch.objects,
        present=batch.present,
        task=batch.task,
        sentence=index.reshape(-1).astype(np.int32),
        chunk=np.asarray(labels, np.float32),
        episode=np.zeros(len(rows), np.int32),
        sentences=sentences,
    )


def load_dataset(
    folder: Path, robot: str, p: AugmentParams, cache: Path, workers: int = 2
) -> tuple[Samples, str]:
    """Return the samples of all episodes in `folder` and the hash of the data; kept in `cache`."""
    paths = sorted(folder.glob('*.mcap'))
    if not paths:
        raise UserError(f'no episodes (*.mcap) in {folder}; record some with ./vla demos')
    name = data_hash(paths, robot, p)
    stored = cache / f'samples-{name}.npz'
    if stored.is_file():
        return Samples.load(stored)[0], name
    work = partial(read_episode, robot_name=robot, p=p)
    with ProcessPoolExecutor(workers) as pool:
        parts = list(tqdm(pool.map(work, paths), total=len(paths), desc='reading', unit='ep'))
    found = [part for part in parts if part is not None]
    if not found:
        raise UserError(f'none of the {len(paths)} episodes in {folder} contains an inference')
    samples = joined(found)
    samples.save(stored, {'episodes': len(found), 'augment': asdict(p), 'hash': name})
    return samples, name


def data_hash(paths: list[Path], robot: str, p: AugmentParams) -> str:
    """Return a short hash of the files' contents and of the processing parameters."""
    digest = hashlib.sha256(f'{features.SCHEMA} {robot} {p}'.encode())
    for path in paths:
        digest.update(path.name.encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def held_out(episode: np.ndarray, share: float, seed: int) -> np.ndarray:
    """(n,) True for samples of held-out episodes, which are chosen by seed."""
    known = np.unique(episode)
    count = max(1, round(share * len(known)))
    chosen = np.random.default_rng(seed).permutation(known)[:count]
    return np.isin(episode, chosen)


_ENCODERS: list[SentenceEncoder] = []


def _encoder() -> SentenceEncoder:
    """The one encoder of this process."""
    if not _ENCODERS:
        import torch

        torch.set_num_threads(1)
        _ENCODERS.append(SentenceEncoder())
    return _ENCODERS[0]
