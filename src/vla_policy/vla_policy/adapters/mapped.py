"""Somebody else's policy as one of ours: a mapping around whatever makes its actions."""

from __future__ import annotations

from typing import Any, Protocol

from vla_core.frozen import Array
from vla_core.language_motion import describe_motion
from vla_core.records.action import EE_NAMES, ActionChunk
from vla_core.records.sensing import Observation
from vla_core.robot.config import RobotConfig
from vla_policy.adapters.actions import BadActionsError, as_chunk, names_of
from vla_policy.adapters.connection import NoAnswerError
from vla_policy.adapters.mapping import PolicyMapping
from vla_policy.adapters.observations import as_given
from vla_policy.protocol import PolicyInfo, Proposal


class ActionSource(Protocol):
    """Makes rows of actions of what the mapping gives it."""

    def reset(self, seed: int) -> None:
        """Begin an episode: forget earlier observations, seed the noise."""

    def infer(self, given: dict[str, Any]) -> Array:
        """(rows, columns); NoAnswerError says why there are none."""


class MappedPolicy:
    """One candidate per inference; none, with the reason, when there is no answer or a bad one."""

    def __init__(
        self, name: str, source: ActionSource, mapping: PolicyMapping, robot: RobotConfig
    ) -> None:
        self._source, self._mapping, self._robot = source, mapping, robot
        action = mapping.action
        self.info = PolicyInfo(
            name, action.chunk_space(), names_of(mapping, robot), action.step, action.rows, name,
            mapping.cameras,
        )  # fmt: skip
        self._task_id, self._seq = '', 0

    def reset(self, task_id: str, instruction: str, seed: int) -> None:
        """Begin an attempt."""
        self._source.reset(seed)
        if task_id != self._task_id:
            self._task_id, self._seq = task_id, 0

    def act(self, observation: Observation, count: int = 1) -> Proposal:
        """One chunk, whatever `count` is."""
        try:
            given = as_given(observation, self._mapping, self._robot)
            actions = self._source.infer(given)
            values = as_chunk(actions, observation, self._mapping, self._robot)
        except (KeyError, NoAnswerError, BadActionsError) as error:
            return Proposal((), reason=str(error.args[0]) if error.args else str(error))
        self._seq += 1
        step = self._mapping.action.step
        motion = describe_motion(values, EE_NAMES) if self.info.names == EE_NAMES else ''
        chunk = ActionChunk(
            stamp=observation.stamp, task_id=observation.task_id, checkpoint=self.info.checkpoint,
            seq=self._seq, space=self.info.space, names=self.info.names,
            start=observation.stamp + step, step=step, values=values, language_motion=motion,
        )  # fmt: skip
        return Proposal((chunk,))
