"""The object policy: rows of objects, the task, the robot and the sentence to candidate chunks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vla_core.records.sensing import Observation
from vla_core.robot.config import RobotConfig
from vla_policy import checkpoint
from vla_policy.checkpoint import Checkpoint
from vla_policy.checkpoint_policy import (
    USUAL_SAMPLING,
    CheckpointPolicy,
    EncodedObservation,
    SamplingParams,
)
from vla_policy.object_model import ObjectBatch, ObjectModel
from vla_policy.objects.features import Inputs, describe
from vla_policy.objects.memory import Memory, Recall
from vla_policy.sentence_encoder import SentenceEncoder

Announce = Callable[[Observation, Recall], str]


class InstructionEncoder(Protocol):
    """Encodes a sentence as a vector (384,)."""

    def encode(self, text: str) -> NDArray[np.float32]: ...


class LearnedPolicy(CheckpointPolicy[ObjectModel]):
    """Reads the grounded scene."""

    name = 'learned'

    def __init__(
        self,
        loaded: Checkpoint[ObjectModel],
        announce: Announce,
        encoder: InstructionEncoder | None = None,
        sampling: SamplingParams = USUAL_SAMPLING,
    ) -> None:
        """`announce` names the plan step of an observation; the network does not predict it."""
        super().__init__(loaded, sampling)
        self._announce = announce
        self._encoder = encoder or SentenceEncoder()
        self._memory = Memory()

    @classmethod
    def load(
        cls,
        folder: Path,
        robot: RobotConfig,
        announce: Announce,
        sampling: SamplingParams = USUAL_SAMPLING,
    ) -> LearnedPolicy:
        """Return the policy of a checkpoint folder; UserError when it does not match the robot."""
        policy = cls(checkpoint.load(folder, robot, ObjectModel), announce, sampling=sampling)
        policy.reset('', 'get ready', 0)  # load the sentence encoder before the first task
        return policy

    def begin(self, instruction: str) -> None:
        if instruction:
            self._encoder.encode(instruction)
        self._memory.reset()

    def encode(self, observation: Observation) -> EncodedObservation:
        recall = self._memory.update(observation)
        sentence = self._encoder.encode(observation.instruction)
        batch = to_batch([describe(observation, recall, sentence)])
        step = self._announce(observation, recall)
        return EncodedObservation(self._loaded.model.encode(batch), step)


def to_batch(rows: list[Inputs]) -> ObjectBatch:
    """Return the batch of a list of inputs."""

    def tensor(name: str) -> Tensor:
        return torch.from_numpy(np.stack([getattr(row, name) for row in rows]))

    return ObjectBatch(
        *(tensor(name) for name in ('robot', 'objects', 'present', 'task', 'sentence'))
    )
