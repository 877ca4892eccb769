"""The replay policy: repeats the chunks of a recorded episode by time since its start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from vla_core.errors import UserError
from vla_core.records.action import ActionChunk
from vla_core.records.sensing import Observation
from vla_policy.protocol import PolicyInfo, Proposal

NAME = 'replay'
JITTER = 1e-3  # s, tolerance of the recorded stamps


class ReplayPolicy:
    """Returns the recorded chunk with the same observation time relative to the start."""

    def __init__(self, chunks: Sequence[ActionChunk]) -> None:
        if not chunks:
            raise UserError('the episode has no chunks to replay')
        self._chunks = sorted(chunks, key=lambda chunk: chunk.stamp)
        self._stamps = np.array([chunk.stamp for chunk in self._chunks])
        first = self._chunks[0]
        odd = [chunk.seq for chunk in self._chunks if chunk.space != first.space]
        if odd:
            raise UserError(f'chunks {odd} of the episode differ in space from the first chunk')
        self.info = PolicyInfo(
            NAME, first.space, first.names, first.step, first.horizon, first.checkpoint
        )
        self.reset('', '', 0)

    def reset(self, task_id: str, instruction: str, seed: int) -> None:
        """Begin an attempt: restart the recording."""
        self._task_id, self._seq = task_id, 0
        self._began: float | None = None  # s, stamp of the first observation

    def act(self, observation: Observation, count: int = 1) -> Proposal:
        """Return the chunk at that time; the last one after the end of the recording."""
        if observation.task_id != self._task_id:
            self.reset(observation.task_id, observation.instruction, 0)
        if self._began is None:
            self._began = observation.stamp
        recorded_time = self._stamps[0] + observation.stamp - self._began
        after = int(np.searchsorted(self._stamps, recorded_time + JITTER, side='right'))
        index = max(0, after - 1)
        recorded = self._chunks[index]
        self._seq += 1
        shift = observation.stamp - recorded_time
        chunk = replace(
            recorded, stamp=observation.stamp, task_id=observation.task_id, seq=self._seq,
            start=recorded.start + shift, candidate=0, candidates=1,
        )  # fmt: skip
        return Proposal((chunk,))
