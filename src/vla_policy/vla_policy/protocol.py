"""The policy interface: reset with the task, then one call per inference; numpy in, numpy out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from vla_core.records.action import ActionChunk, PolicyFeatures, Space
from vla_core.records.sensing import Observation


@dataclass(frozen=True)
class PolicyInfo:
    """Description of a policy's output."""

    name: str
    space: Space
    names: tuple[str, ...]  # columns of its chunks
    step: float  # s between rows
    horizon: int  # rows
    checkpoint: str  # hash of the weights, or the name of a policy without weights
    cameras: tuple[str, ...] = ()  # whose frames it needs in every observation


@dataclass(frozen=True)
class Proposal:
    """Candidate chunks of one inference, and the policy's features."""

    chunks: tuple[ActionChunk, ...]  # all from the same observation; none with a reason
    features: PolicyFeatures | None = None  # None: a policy without weights
    reason: str = ''  # why there is no chunk


class Policy(Protocol):
    """Interface of the learned, scripted and replay policies."""

    info: PolicyInfo

    def reset(self, task_id: str, instruction: str, seed: int) -> None:
        """Begin an attempt: clear the memory and seed the noise."""

    def act(self, observation: Observation, count: int = 1) -> Proposal:
        """Return up to `count` candidate chunks; deterministic policies return one."""
