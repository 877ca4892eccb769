"""A policy that is not shown its sentence or its pictures: the control of every claim that it uses
them. The stack around it sees both."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vla_core.records.sensing import Observation
from vla_policy.protocol import Policy, Proposal

KINDS = ('sentence', 'pictures')
GREY = 128


class BlankedPolicy:
    """Passes everything on but what is blanked: an empty sentence, or grey pictures."""

    def __init__(self, policy: Policy, kind: str) -> None:
        if kind not in KINDS:
            raise ValueError(f'nothing called {kind!r} can be blanked; known: {", ".join(KINDS)}')
        self.policy, self.kind, self.info = policy, kind, policy.info

    def reset(self, task_id: str, instruction: str, seed: int) -> None:
        self.policy.reset(task_id, '' if self.kind == 'sentence' else instruction, seed)

    def act(self, observation: Observation, count: int = 1) -> Proposal:
        if self.kind == 'sentence':
            return self.policy.act(replace(observation, instruction=''), count)
        frames = {
            name: replace(frame, rgb=np.full_like(frame.rgb, GREY))
            for name, frame in observation.frames.items()
        }
        return self.policy.act(replace(observation, frames=frames), count)
