"""The learned policy: observation to tokens, noise to candidate chunks."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vla_core.frozen import Array
from vla_core.language_motion import describe_motion
from vla_core.params import check, param
from vla_core.records.action import EE_NAMES, ActionChunk, PolicyFeatures, Space
from vla_core.records.sensing import Observation
from vla_core.robot.config import RobotConfig
from vla_policy import checkpoint
from vla_policy.checkpoint import Checkpoint
from vla_policy.decoders.flow import FlowDecoder
from vla_policy.object_model import ObjectBatch, ObjectModel
from vla_policy.objects.features import Inputs, describe
from vla_policy.objects.memory import Memory, Recall
from vla_policy.protocol import PolicyInfo, Proposal
from vla_policy.sentence_encoder import SentenceEncoder
from vla_policy.trunk.taps import FeatureTaps

NAME = 'learned'
FIRST_NOISE = 0.3  # noise factor of the first candidate, which lies near the policy's mean


Announce = Callable[[Observation, Recall], str]


class InstructionEncoder(Protocol):
    """Encodes a sentence as a vector (384,)."""

    def encode(self, text: str) -> NDArray[np.float32]: ...


@dataclass(frozen=True)
class SamplingParams:
    """Sampling of chunks from noise."""

    steps: int = param(0, 'of the sampler; 0: as in the card', lo=0, hi=100)
    noise: float = param(1.0, 'factor on the noise; 0: all candidates are equal', lo=0.0, hi=2.0)

    def __post_init__(self) -> None:
        check(self)


class LearnedPolicy:
    """Runs on one thread; the noise depends only on the seed and the number of the inference."""

    def __init__(
        self,
        loaded: Checkpoint[ObjectModel],
        announce: Announce,
        encoder: InstructionEncoder | None = None,
        sampling: SamplingParams = SamplingParams(),
    ) -> None:
        """`announce` names the plan step of an observation; the network does not predict it."""
        torch.set_num_threads(1)  # more threads are slower next to other processes
        self._loaded = loaded
        self._announce, self._sampling = announce, sampling
        decoder, card = loaded.model.trunk.decoder, loaded.card
        if sampling.steps and isinstance(decoder, FlowDecoder):
            decoder = replace(decoder, steps=sampling.steps)
        self._decoder = decoder
        self.info = PolicyInfo(
            NAME, Space[card.space], card.names, card.step, card.horizon, loaded.hash
        )
        self.schema = checkpoint.feature_schema(card)
        self._encoder = encoder or SentenceEncoder()
        self._memory = Memory()
        self._task_id, self._seed, self._seq, self._count = '', 0, 0, 0

    @classmethod
    def load(
        cls,
        folder: Path,
        robot: RobotConfig,
        announce: Announce,
        sampling: SamplingParams = SamplingParams(),
    ) -> LearnedPolicy:
        """Return the policy of a checkpoint folder; UserError when it does not match the robot."""
        policy = cls(checkpoint.load(folder, robot, ObjectModel), announce, sampling=sampling)
        policy.reset('', 'get ready', 0)  # load the sentence encoder before the first task
        return policy

    def reset(self, task_id: str, instruction: str, seed: int) -> None:
        """Begin an attempt; the sentence is encoded here, before the arm moves."""
        if instruction:
            self._encoder.encode(instruction)
        self._memory.reset()
        if task_id != self._task_id:
            self._task_id, self._seq = task_id, 0
        self._seed, self._count = seed, 0

    def act(self, observation: Observation, count: int = 1) -> Proposal:
        """Return `count` candidates from one pass, and the features of the first."""
        if observation.task_id != self._task_id:
            self.reset(observation.task_id, observation.instruction, 0)
        recall = self._memory.update(observation)
        sentence = self._encoder.encode(observation.instruction)
        chunks, features = self._infer(describe(observation, recall, sentence), count)
        self._seq += 1
        self._count += 1
        feature = PolicyFeatures(
            observation.stamp, observation.task_id, self._count - 1, self.schema, features
        )
        step = self._announce(observation, recall)
        made = (self._chunk(observation, step, chunks, k) for k in range(count))
        return Proposal(tuple(made), feature)

    def _infer(self, inputs: Inputs, count: int) -> tuple[Array, Array]:
        """Return chunks (count, horizon, columns), and the features (width,) of the first."""
        model, taps = self._loaded.model, FeatureTaps()
        noise = torch.from_numpy(self._noise(count, (self.info.horizon, len(self.info.names))))
        with torch.inference_mode():
            prefix = model.encode(to_batch([inputs]))
            values = model.sample(prefix, noise, taps, self._decoder)
            features = model.trunk.features(taps)
        chunks = self._loaded.normaliser.backward(values.numpy().astype(np.float64))
        return self._loaded.levels.backward(chunks), features[0].numpy()

    def _noise(self, count: int, shape: tuple[int, int]) -> NDArray[np.float32]:
        random = np.random.default_rng([abs(self._seed), self._count, zlib.crc32(b'noise')])
        noise = random.standard_normal((count, *shape)).astype(np.float32)
        noise[0] *= FIRST_NOISE
        return self._sampling.noise * noise

    def _chunk(self, observation: Observation, step: str, chunks: Array, k: int) -> ActionChunk:
        return ActionChunk(
            stamp=observation.stamp,
            task_id=observation.task_id,
            checkpoint=self._loaded.hash,
            seq=self._seq,
            space=Space.EE_DELTA,
            names=EE_NAMES,
            start=observation.stamp,
            step=self._loaded.card.step,
            values=chunks[k],
            plan_step=step,
            language_motion=describe_motion(chunks[k], EE_NAMES),
            candidate=k,
            candidates=len(chunks),
        )


def to_batch(rows: list[Inputs]) -> ObjectBatch:
    """Return the batch of a list of inputs."""

    def tensor(name: str) -> Tensor:
        return torch.from_numpy(np.stack([getattr(row, name) for row in rows]))

    return ObjectBatch(
        *(tensor(name) for name in ('robot', 'objects', 'present', 'task', 'sentence'))
    )
