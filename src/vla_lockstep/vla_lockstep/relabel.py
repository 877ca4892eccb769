"""A learner drives and an expert labels, so that the data hold where the learner gets to.

DAgger (arXiv 1011.0686). The expert takes over for a while now and then: a learner that never
finishes the first half of a task would never see the second.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vla_core.params import check, param
from vla_core.records.action import ActionChunk
from vla_core.records.sensing import Observation
from vla_policy.protocol import Policy, Proposal


@dataclass(frozen=True)
class RelabelParams:
    """Who drives, and for how long."""

    share: float = param(0.75, 'of the time the learner drives', lo=0.0, hi=1.0)
    dwell: float = param(2.5, 's, mean time until the driver is drawn again', lo=0.1, hi=60.0)

    def __post_init__(self) -> None:
        check(self)


class RelabelledPolicy:
    """`act` returns the expert's proposal, `executed` the learner's chunk while it drives."""

    def __init__(self, learner: Policy, expert: Policy, params: RelabelParams) -> None:
        self.learner, self.expert, self.params = learner, expert, params
        self.info = replace(expert.info, cameras=learner.info.cameras)
        self._rng = np.random.default_rng(0)
        self._until, self._learner_drives = -np.inf, True
        self._chunk: ActionChunk | None = None

    def reset(self, task_id: str, instruction: str, seed: int) -> None:
        self.learner.reset(task_id, instruction, seed)
        self.expert.reset(task_id, instruction, seed)
        self._rng = np.random.default_rng(seed)
        self._until = -np.inf

    def act(self, observation: Observation, count: int = 1) -> Proposal:
        made = self.learner.act(observation).chunks
        self._chunk = made[0] if made else None
        return self.expert.act(observation, count)

    def executed(self, chunk: ActionChunk) -> ActionChunk:
        """The chunk sent to control."""
        if chunk.stamp >= self._until:
            self._until = chunk.stamp + self._rng.exponential(self.params.dwell)
            self._learner_drives = bool(self._rng.random() < self.params.share)
        if self._learner_drives and self._chunk is not None:
            return self._chunk
        return chunk
