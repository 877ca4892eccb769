"""Records the inputs of the failure detector during one attempt."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from vla_core.errors import UserError
from vla_core.frozen import Array
from vla_core.records.action import ActionChunk, PolicyFeatures
from vla_core.records.safety import Level, SafetyVote
from vla_core.records.sensing import Observation
from vla_monitor.failure.signals import SignalParams, Signals
from vla_monitor.failure.traces import Binding, Trace
from vla_policy.protocol import Policy, Proposal


class TraceRecorder:
    """A monitor that always permits motion; its rows become a Trace of the last attempt."""

    def __init__(self) -> None:
        self.signals = Signals(SignalParams())
        self._candidates: tuple[ActionChunk, ...] = ()
        self._begin()

    def _begin(self) -> None:
        self.features: list[Array] = []
        self.rows: list[Array] = []
        self.chunks: list[Array] = []
        self.stamps: list[float] = []  # s, of the observations
        self._bound: set[tuple[str, float, int]] = set()  # schema, step, horizon
        self._feature: PolicyFeatures | None = None

    def observe(self, topic: str, record: Any, now: float) -> None:
        """Add a row once features and candidates of an inference are there, in either order."""
        self.signals.observe(topic, record, now)
        if topic == 'features':
            if record.infer_index == 0:
                self._begin()
            self._feature = record
        elif topic == 'candidates':
            self._candidates = record
        else:
            return
        feature, chunks = self._feature, self._candidates
        if feature is not None and chunks and chunks[0].stamp == feature.stamp:
            self._add(feature, chunks, now)

    def _add(self, feature: PolicyFeatures, chunks: tuple[ActionChunk, ...], now: float) -> None:
        self._feature = None
        self.features.append(feature.feature)
        self.rows.append(self.signals.row(now))
        self.chunks.append(np.stack([chunk.values for chunk in chunks]))
        self.stamps.append(feature.stamp)
        self._bound.add((feature.schema, chunks[0].step, chunks[0].horizon))

    def binding(self, source: Path, period: float) -> Binding:
        """Return what the rows depend on; UserError naming `source` when that changed."""
        if len(self._bound) != 1:
            kinds = ' and '.join(f'{s} ({h} rows of {t:g} s)' for s, t, h in sorted(self._bound))
            raise UserError(f'{source}: its features are of more than one kind: {kinds}')
        ((schema, step, horizon),) = self._bound
        return Binding(schema.split('/')[-1], schema, period, step, horizon)

    def trace(self, key: str, task: str, cause: str, is_failure: bool) -> Trace:
        """Return the rows; of candidates as many as every inference had."""
        count = min(map(len, self.chunks))
        return Trace(
            key, task, cause, is_failure,
            np.array(self.features, np.float32), np.array(self.rows, np.float32),
            np.array([chunks[:count] for chunks in self.chunks], np.float32),
        )  # fmt: skip

    def vote(self, now: float) -> SafetyVote:
        """Return RUN."""
        return SafetyVote(now, 'recorder', 0, Level.RUN, 1.0, 0.3)


class ManyCandidates:
    """Queries a policy for more candidates than its host; the first is executed, as always.

    `other_instruction` replaces the policy's instruction, not that of the rest of the stack.
    """

    def __init__(self, policy: Policy, count: int) -> None:
        self.policy, self.count = policy, count
        self.info = policy.info
        self.other_instruction = ''

    def reset(self, task_id: str, instruction: str, seed: int) -> None:
        self.policy.reset(task_id, self.other_instruction or instruction, seed)

    def act(self, observation: Observation, count: int = 1) -> Proposal:
        if self.other_instruction:
            observation = replace(observation, instruction=self.other_instruction)
        return self.policy.act(observation, max(count, self.count))
