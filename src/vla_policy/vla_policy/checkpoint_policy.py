"""What policies on a checkpoint share: attempts, noise, candidate chunks and features."""

from __future__ import annotations

import copy
import zlib
from dataclasses import dataclass, replace
from typing import Generic, Self

import numpy as np
import torch
from numpy.typing import NDArray

from vla_core.frozen import Array
from vla_core.language_motion import describe_motion
from vla_core.params import check, param
from vla_core.records.action import EE_NAMES, ActionChunk, PolicyFeatures, Space
from vla_core.records.sensing import Observation
from vla_policy.checkpoint import Checkpoint, Model, feature_schema
from vla_policy.decoders.flow import FlowDecoder
from vla_policy.protocol import PolicyInfo, Proposal
from vla_policy.trunk.prefix import EncodedPrefix
from vla_policy.trunk.taps import FeatureTaps

FIRST_NOISE = 0.3  # noise factor of the first candidate, which lies near the policy's mean


@dataclass(frozen=True)
class SamplingParams:
    """Sampling of chunks from noise."""

    steps: int = param(0, 'of the sampler; 0: as in the card', lo=0, hi=100)
    noise: float = param(1.0, 'factor on the noise; 0: all candidates are equal', lo=0.0, hi=2.0)

    def __post_init__(self) -> None:
        check(self)


USUAL_SAMPLING = SamplingParams()


@dataclass(frozen=True)
class EncodedObservation:
    """What a policy made of an observation; without a prefix there is a reason."""

    prefix: EncodedPrefix | None
    plan_step: str = ''  # that it announces
    reason: str = ''


class CheckpointPolicy(Generic[Model]):
    """Runs on one thread; the noise depends only on the seed and the number of the inference. A
    subclass encodes observations, and keeps what it remembers of an attempt."""

    name = ''

    def __init__(
        self, loaded: Checkpoint[Model], sampling: SamplingParams, cameras: tuple[str, ...] = ()
    ) -> None:
        torch.set_num_threads(1)  # more threads are slower next to other processes
        self._loaded, self._noise_factor = loaded, sampling.noise
        decoder, card = loaded.model.trunk.decoder, loaded.card
        if sampling.steps and isinstance(decoder, FlowDecoder):
            decoder = replace(decoder, steps=sampling.steps)
        self._decoder = decoder
        self.info = PolicyInfo(
            self.name, Space[card.space], card.names, card.step, card.horizon, loaded.hash, cameras
        )
        self.schema = feature_schema(card)
        self._task_id, self._seed, self._seq, self._count = '', 0, 0, 0

    def with_noise(self, factor: float) -> Self:
        """The same policy, with another factor on its noise."""
        made = copy.copy(self)
        made._noise_factor = factor
        return made

    def begin(self, instruction: str) -> None:
        """Forget the last attempt; encode the sentence now, before the arm moves."""
        raise NotImplementedError

    def encode(self, observation: Observation) -> EncodedObservation:
        """Encode an observation; called in inference mode."""
        raise NotImplementedError

    def reset(self, task_id: str, instruction: str, seed: int) -> None:
        """Begin an attempt."""
        self.begin(instruction)
        if task_id != self._task_id:
            self._task_id, self._seq = task_id, 0
        self._seed, self._count = seed, 0

    def act(self, observation: Observation, count: int = 1) -> Proposal:
        """Return `count` candidates from one pass, and the features of the first; or none and the
        reason."""
        if observation.task_id != self._task_id:
            self.reset(observation.task_id, observation.instruction, 0)
        with torch.inference_mode():
            seen = self.encode(observation)
            if seen.prefix is None:
                return Proposal((), reason=seen.reason)
            chunks, features = self._sample(seen.prefix, count)
        self._seq += 1
        self._count += 1
        feature = PolicyFeatures(
            observation.stamp, observation.task_id, self._count - 1, self.schema, features
        )
        made = (self._chunk(observation, seen.plan_step, chunks, k) for k in range(count))
        return Proposal(tuple(made), feature)

    def _sample(self, prefix: EncodedPrefix, count: int) -> tuple[Array, Array]:
        """Return chunks (count, horizon, columns), and the features (width,) of the first."""
        model, taps = self._loaded.model, FeatureTaps()
        noise = torch.from_numpy(self._noise(count))
        values = model.sample(prefix, noise, taps, self._decoder)
        features: Array = model.trunk.features(taps)[0].numpy()
        chunks = self._loaded.normaliser.backward(values.numpy().astype(np.float64))
        return self._loaded.levels.backward(chunks), features

    def _noise(self, count: int) -> NDArray[np.float32]:
        shape = (count, self.info.horizon, len(self.info.names))
        random = np.random.default_rng([abs(self._seed), self._count, zlib.crc32(b'noise')])
        noise = random.standard_normal(shape).astype(np.float32)
        noise[0] *= FIRST_NOISE
        return self._noise_factor * noise

    def _chunk(self, observation: Observation, step: str, chunks: Array, k: int) -> ActionChunk:
        return ActionChunk(
            stamp=observation.stamp,
            task_id=observation.task_id,
            checkpoint=self._loaded.hash,
            seq=self._seq,
            space=self.info.space,
            names=self.info.names,
            start=observation.stamp,
            step=self.info.step,
            values=chunks[k],
            plan_step=step,
            language_motion=describe_motion(chunks[k], EE_NAMES),
            candidate=k,
            candidates=len(chunks),
        )
