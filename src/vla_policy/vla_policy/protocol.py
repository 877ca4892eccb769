"""What a policy is: told the task once, then asked for chunks; numpy in, numpy out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from vla_core.records.action import ActionChunk, PolicyFeatures, Space
from vla_core.records.sensing import Observation


class PolicyError(Exception):
    """The policy was used in a way it cannot serve."""


@dataclass(frozen=True)
class PolicyInfo:
    """What a policy gives out."""

    name: str
    space: Space
    names: tuple[str, ...]  # columns of its chunks
    step: float  # s between rows
    horizon: int  # rows
    checkpoint: str  # hash of the weights, or the name of a policy without weights


@dataclass(frozen=True)
class Proposal:
    """Candidates for what to do next, and the activations they came from."""

    chunks: tuple[ActionChunk, ...]  # at least one; all from the same observation
    features: PolicyFeatures | None = None  # None: a policy without weights


class Policy(Protocol):
    """Three kinds implement it: learned, scripted, replay."""

    info: PolicyInfo

    def reset(self, task_id: str, instruction: str, seed: int) -> None:
        """Begin an attempt: memory is cleared, noise starts at `seed`."""

    def act(self, observation: Observation, count: int = 1) -> Proposal:
        """Return `count` candidate chunks, or fewer when the policy has but one opinion."""
