"""Takes down what the failure detector would have heard during one attempt."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from vla_core.action import ActionChunk, PolicyFeatures
from vla_core.frozen import Array
from vla_core.safety import Level, SafetyVote
from vla_core.sensing import Observation
from vla_monitor.failure.signals import SignalParams, Signals
from vla_policy.protocol import Policy, Proposal


class TraceRecorder:
    """A monitor that has no objections; its rows become a Trace."""

    def __init__(self) -> None:
        self.signals = Signals(SignalParams())
        self.schema = ''
        self.features: list[Array] = []
        self.rows: list[Array] = []
        self.chunks: list[Array] = []
        self._feature: PolicyFeatures | None = None

    def hear(self, topic: str, record: Any, now: float) -> None:
        """Take down one row when the candidates of an inference follow its features."""
        self.signals.hear(topic, record, now)
        if topic == 'features':
            self._feature, self.schema = record, record.schema
        elif topic == 'candidates' and self._feature is not None:
            self._add(self._feature, record, now)

    def _add(self, feature: PolicyFeatures, chunks: tuple[ActionChunk, ...], now: float) -> None:
        self.features.append(feature.feature)
        self.rows.append(self.signals.row(now))
        self.chunks.append(np.stack([chunk.values for chunk in chunks]))

    def vote(self, now: float) -> SafetyVote:
        """Return RUN."""
        return SafetyVote(now, 'recorder', 0, Level.RUN, 1.0, 0.3)


class Talkative:
    """Asks a policy for more candidates than its host does; the first is executed as ever.

    `mishear` replaces what the policy is told, and leaves the rest of the stack as it is.
    """

    def __init__(self, policy: Policy, count: int) -> None:
        self.policy, self.count = policy, count
        self.info = policy.info
        self.mishear = ''

    def reset(self, task_id: str, instruction: str, seed: int) -> None:
        self.policy.reset(task_id, self.mishear or instruction, seed)

    def act(self, observation: Observation, count: int = 1) -> Proposal:
        if self.mishear:
            observation = replace(observation, instruction=self.mishear)
        return self.policy.act(observation, max(count, self.count))
