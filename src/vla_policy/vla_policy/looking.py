"""The policy that looks: pictures, words and the robot's own state to candidate chunks.

The grounded scene is not read, and no plan step is announced: the verifier checks what needs none.
"""

from __future__ import annotations

from pathlib import Path

import torch

from vla_core.params import from_mapping
from vla_core.records.sensing import Observation
from vla_core.robot.config import RobotConfig
from vla_policy import checkpoint
from vla_policy.checkpoint import Checkpoint, PolicyCard
from vla_policy.checkpoint_policy import (
    USUAL_SAMPLING,
    CheckpointPolicy,
    EncodedObservation,
    SamplingParams,
)
from vla_policy.image_model import ImageBatch, ImageModel
from vla_policy.sentence_encoder import SentenceEncoder
from vla_policy.tokens.proprioception import HandMemory
from vla_policy.tokens.windows import WindowParams, as_tensor, window
from vla_policy.tokens.words import padded


class LookingPolicy(CheckpointPolicy[ImageModel]):
    """Reads the frames of its cameras, the joints and the instruction."""

    name = 'looking'

    def __init__(
        self, loaded: Checkpoint[ImageModel], robot: RobotConfig,
        encoder: SentenceEncoder | None = None, sampling: SamplingParams = USUAL_SAMPLING,
    ) -> None:  # fmt: skip
        self._windows = windows_of(loaded.card)
        super().__init__(loaded, sampling, tuple(self._windows))
        self._robot = robot
        self._encoder = encoder or SentenceEncoder()
        self._memory = HandMemory()

    @classmethod
    def load(cls, folder: Path, robot: RobotConfig) -> LookingPolicy:
        """Return the policy of a checkpoint folder; UserError when it does not match the robot."""
        policy = cls(checkpoint.load(folder, robot, ImageModel), robot)
        policy.reset('', 'get ready', 0)  # load the sentence encoder before the first task
        return policy

    def begin(self, instruction: str) -> None:
        if instruction:
            self._encoder.states(instruction)
        self._memory.reset()

    def encode(self, observation: Observation) -> EncodedObservation:
        missing = [name for name in self._windows if name not in observation.frames]
        if missing:
            return EncodedObservation(None, reason=f'no picture of camera {missing[0]}')
        try:
            batch = self._batch(observation)
        except ValueError as error:  # a window outside of the picture, a number that is none
            return EncodedObservation(None, reason=str(error))
        return EncodedObservation(self._loaded.model.encode(batch))

    def _batch(self, observation: Observation) -> ImageBatch:
        row = self._memory.row(observation)
        pictures = {}
        for name, params in self._windows.items():
            camera = self._robot.camera(name)
            pose = camera.base_from_camera if camera.kind == 'scene' else None
            pictures[name] = as_tensor(window(observation.frames[name], params, pose))[None]
        words, has_word = padded([self._encoder.states(observation.instruction)])
        return ImageBatch(pictures, words, has_word, torch.from_numpy(row)[None])


def windows_of(card: PolicyCard) -> dict[str, WindowParams]:
    """The windows that a card names, by camera."""
    return {
        name: from_mapping(WindowParams, given, f'window {name}')
        for name, given in card.inputs['windows'].items()
    }
