"""The scripted policy: experts on the perceived scene, simulated forward into a chunk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_core import geometry
from vla_core.frozen import Array
from vla_core.language_motion import describe_motion
from vla_core.params import check, param
from vla_core.records.action import EE_NAMES, ActionChunk, Space
from vla_core.records.scene import Verb
from vla_core.records.sensing import Observation
from vla_policy.experts.approach import Aim, retreat
from vla_policy.experts.grasping import pick_and_place
from vla_policy.experts.pushing import press, push, slide
from vla_policy.experts.rollout import advance
from vla_policy.objects.memory import Memory
from vla_policy.objects.situation import ObjectState, situation
from vla_policy.protocol import PolicyInfo, Proposal

EXPERTS = {
    Verb.PUT_IN: pick_and_place,
    Verb.STACK: pick_and_place,
    Verb.PUSH: push,
    Verb.PRESS: press,
    Verb.OPEN: slide,
    Verb.CLOSE: slide,
}
NAME = 'scripted'


@dataclass(frozen=True)
class ChunkParams:
    """Shape of a chunk."""

    horizon: int = param(16, 'rows', lo=2, hi=64)
    step: float = param(0.1, 's between rows', lo=0.01, hi=1.0)
    substeps: int = param(2, 'simulation steps per row', lo=1, hi=20)
    straighten: float = param(0.6, 's, time to bring a tilted tool to vertical', lo=0.1, hi=10.0)

    def __post_init__(self) -> None:
        check(self)


class ScriptedPolicy:
    """Selects the expert by verb; keeps no phase, only the memory shared by all policies."""

    def __init__(self, params: ChunkParams | None = None) -> None:
        self.params = params or ChunkParams()
        p = self.params
        self.info = PolicyInfo(NAME, Space.EE_DELTA, EE_NAMES, p.step, p.horizon, NAME)
        self._memory = Memory()
        self._task_id = ''
        self._seq = 0

    def reset(self, task_id: str, instruction: str, seed: int) -> None:
        """Begin an attempt."""
        self._memory.reset()
        if task_id != self._task_id:
            self._task_id, self._seq = task_id, 0

    def act(self, observation: Observation, count: int = 1) -> Proposal:
        """Return the expert's single chunk."""
        if observation.task_id != self._task_id:
            self.reset(observation.task_id, observation.instruction, 0)
        start = situation(observation, self._memory.update(observation))
        self._seq += 1
        return Proposal((self._chunk(observation, start),))

    def _chunk(self, observation: Observation, start: ObjectState) -> ActionChunk:
        path, step = roll(start, self.params)
        values = deltas(observation.base_from_tcp, path, self.params)
        return ActionChunk(
            stamp=observation.stamp,
            task_id=observation.task_id,
            checkpoint=NAME,
            seq=self._seq,
            space=Space.EE_DELTA,
            names=EE_NAMES,
            start=observation.stamp,
            step=self.params.step,
            values=values,
            plan_step=step,
            language_motion=describe_motion(values, EE_NAMES),
        )


def decide(s: ObjectState) -> Aim:
    """Return the aim of the expert for the task's verb."""
    expert = EXPERTS.get(s.verb)
    return expert(s) if expert else retreat(s, s.opening, 'wait')


def roll(start: ObjectState, p: ChunkParams) -> tuple[Array, str]:
    """Return rows (horizon, 5) x y z m, yaw rad, opening m; and the plan step of the first."""
    s, aim = start, decide(start)
    rows = [np.r_[s.tcp, s.yaw, aim.opening]]
    first = aim.step
    for _ in range(p.horizon - 1):
        for _ in range(p.substeps):
            s = advance(s, aim, p.step / p.substeps)
            aim = decide(s)
        rows.append(np.r_[s.tcp, s.yaw, aim.opening])
    return np.array(rows), first


def deltas(base_from_tcp: Array, path: Array, p: ChunkParams) -> Array:
    """Return EE_DELTA rows (horizon, 7); the tool's tilt fades while it follows the path."""
    upright = geometry.tool_down(path[0, :3], path[0, 3])
    tilt = geometry.log_rotation(base_from_tcp[:3, :3] @ upright[:3, :3].T)
    left = np.clip(1.0 - np.arange(len(path)) * p.step / p.straighten, 0.0, 1.0)
    rows = np.zeros((len(path), len(EE_NAMES)))
    for k, row in enumerate(path):
        straight = geometry.tool_down(row[:3], row[3])[:3, :3]
        rotation = geometry.exp_rotation(left[k] * tilt) @ straight
        rows[k, 3:6] = geometry.log_rotation(rotation @ base_from_tcp[:3, :3].T)
    rows[:, :3] = path[:, :3] - base_from_tcp[:3, 3]
    rows[:, 6] = path[:, 4]
    return rows
