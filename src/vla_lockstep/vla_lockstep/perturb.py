"""A policy whose executed chunks are shifted, so that demonstrations show recovery.

The expert's proposal stays the label; the executed chunk is shifted (after DART, Laskey et al.
2017).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vla_core.frozen import Array
from vla_core.params import check, param
from vla_core.records.action import ActionChunk
from vla_core.records.sensing import Observation
from vla_policy.protocol import Policy, Proposal


@dataclass(frozen=True)
class PerturbParams:
    """Size and frequency of the shifts of the TCP path."""

    position: float = param(0.012, 'm, standard deviation of the shift per axis', lo=0.0, hi=0.1)
    yaw: float = param(0.12, 'rad, standard deviation of the yaw rotation', lo=0.0, hi=1.0)
    share: float = param(0.5, 'share of time with a shift', lo=0.0, hi=1.0)
    dwell: float = param(0.8, 's, mean duration of a shift', lo=0.1, hi=10.0)

    def __post_init__(self) -> None:
        check(self)


class PerturbedPolicy:
    """Wraps a policy; `act` returns the clean proposal, `executed` the shifted chunk."""

    def __init__(self, policy: Policy, params: PerturbParams) -> None:
        self.policy, self.params = policy, params
        self.info = policy.info
        self._rng = np.random.default_rng(0)
        self._shift: Array = np.zeros(4)
        self._until = -np.inf

    def reset(self, task_id: str, instruction: str, seed: int) -> None:
        self.policy.reset(task_id, instruction, seed)
        self._rng = np.random.default_rng(seed)
        self._until = -np.inf

    def act(self, observation: Observation, count: int = 1) -> Proposal:
        return self.policy.act(observation, count)

    def executed(self, chunk: ActionChunk) -> ActionChunk:
        """The chunk sent to control, with the current shift."""
        p = self.params
        if chunk.stamp >= self._until:
            self._until = chunk.stamp + self._rng.exponential(p.dwell)
            is_shifted = self._rng.random() < p.share
            scale = np.array([p.position, p.position, 0.7 * p.position, p.yaw])
            self._shift = self._rng.normal(size=4) * scale if is_shifted else np.zeros(4)
        values = chunk.values.copy()
        columns = [chunk.names.index(name) for name in ('x', 'y', 'z', 'rz')]
        values[:, columns] += self._shift
        return replace(chunk, values=values)
