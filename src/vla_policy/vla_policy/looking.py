"""The policy that looks: pictures, words and the robot's own state to candidate chunks.

Of an observation it uses the frames, the joints and the instruction. The grounded scene is not
looked at, except that the plan step which is announced for the verifier is computed from it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from vla_core.frozen import Array
from vla_core.language_motion import describe_motion
from vla_core.params import from_mapping
from vla_core.records.action import EE_NAMES, ActionChunk, PolicyFeatures, Space
from vla_core.records.sensing import Observation
from vla_core.robot.config import RobotConfig
from vla_policy import checkpoint
from vla_policy.checkpoint import Checkpoint, PolicyCard
from vla_policy.image_model import ImageBatch, ImageModel
from vla_policy.protocol import PolicyInfo, Proposal
from vla_policy.sentence_encoder import SentenceEncoder
from vla_policy.tokens.proprioception import HandMemory
from vla_policy.tokens.windows import WindowParams, as_tensor, window
from vla_policy.tokens.words import padded
from vla_policy.trunk.taps import FeatureTaps

NAME = 'looking'
FIRST_NOISE = 0.3  # noise factor of the first candidate, which lies near the policy's mean
Announce = Callable[[Observation], str]


def nothing(_: Observation) -> str:
    """No plan step is announced: the verifier checks what needs none."""
    return ''


class LookingPolicy:
    """Runs on one thread; the noise depends only on the seed and the number of the inference."""

    def __init__(
        self, loaded: Checkpoint[ImageModel], robot: RobotConfig, announce: Announce = nothing,
        encoder: SentenceEncoder | None = None,
    ) -> None:  # fmt: skip
        torch.set_num_threads(1)  # more threads are slower next to other processes
        self._loaded, self._robot, self._announce = loaded, robot, announce
        card = loaded.card
        self._windows = windows_of(card)
        self.info = PolicyInfo(
            NAME, Space[card.space], EE_NAMES, card.step, card.horizon, loaded.hash,
            tuple(self._windows),
        )  # fmt: skip
        self.schema = checkpoint.feature_schema(card)
        self._encoder = encoder or SentenceEncoder()
        self._memory = HandMemory()
        self._task_id, self._seed, self._seq, self._count = '', 0, 0, 0

    @classmethod
    def load(cls, folder: Path, robot: RobotConfig, announce: Announce = nothing) -> LookingPolicy:
        """Return the policy of a checkpoint folder; UserError when it does not match the robot."""
        policy = cls(checkpoint.load(folder, robot, ImageModel), robot, announce)
        policy.reset('', 'get ready', 0)  # load the sentence encoder before the first task
        return policy

    def reset(self, task_id: str, instruction: str, seed: int) -> None:
        """Begin an attempt; the sentence is encoded here, before the arm moves."""
        if instruction:
            self._encoder.states(instruction)
        self._memory.reset()
        if task_id != self._task_id:
            self._task_id, self._seq = task_id, 0
        self._seed, self._count = seed, 0

    def act(self, observation: Observation, count: int = 1) -> Proposal:
        """Return `count` candidates from one pass, and the features of the first. Without a
        picture of every camera there is no candidate."""
        if observation.task_id != self._task_id:
            self.reset(observation.task_id, observation.instruction, 0)
        row = self._memory.row(observation)
        if not set(self.info.cameras) <= set(observation.frames):
            return Proposal(())
        chunks, features = self._infer(self._batch(observation, row), count)
        self._seq += 1
        self._count += 1
        feature = PolicyFeatures(
            observation.stamp, observation.task_id, self._count - 1, self.schema, features
        )
        step = self._announce(observation)
        made = (self._chunk(observation, step, chunks, k) for k in range(count))
        return Proposal(tuple(made), feature)

    def _batch(self, observation: Observation, row: Array) -> ImageBatch:
        pictures = {}
        for name, params in self._windows.items():
            camera = self._robot.camera(name)
            pose = camera.base_from_camera if camera.kind == 'scene' else None
            pictures[name] = as_tensor(window(observation.frames[name], params, pose))[None]
        words, has_word = padded([self._encoder.states(observation.instruction)])
        return ImageBatch(pictures, words, has_word, torch.from_numpy(row)[None])

    def _infer(self, batch: ImageBatch, count: int) -> tuple[Array, Array]:
        """Return chunks (count, horizon, columns), and the features (width,) of the first."""
        loaded, taps = self._loaded, FeatureTaps()
        with torch.inference_mode():
            noise = torch.from_numpy(self._noise(count))
            values = loaded.model.sample(loaded.model.encode(batch), noise, taps)
            features = loaded.model.trunk.features(taps)
        chunks = loaded.normaliser.backward(values.numpy().astype(np.float64))
        return loaded.levels.backward(chunks), features[0].numpy()

    def _noise(self, count: int) -> NDArray[np.float32]:
        shape = (count, self.info.horizon, len(self.info.names))
        random = np.random.default_rng([abs(self._seed), self._count, zlib.crc32(b'noise')])
        noise = random.standard_normal(shape).astype(np.float32)
        noise[0] *= FIRST_NOISE
        return noise

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


def windows_of(card: PolicyCard) -> dict[str, WindowParams]:
    """The windows that a card names, by camera."""
    return {
        name: from_mapping(WindowParams, given, f'window {name}')
        for name, given in card.inputs['windows'].items()
    }
