"""A policy of ours on another machine (`./vla serve`), as one of ours."""

from __future__ import annotations

from typing import Any

from vla_core.errors import UserError
from vla_core.records.action import Space
from vla_core.records.sensing import Observation
from vla_core.robot.config import RobotConfig
from vla_policy.adapters.connection import NoAnswerError, ServerConnection
from vla_policy.adapters.remote_records import (
    BadRecordError,
    observation_to_dict,
    proposal_of,
)
from vla_policy.adapters.server import PROTOCOL
from vla_policy.protocol import PolicyInfo, Proposal

FIRST_ANSWER = 20.0  # s: a server that has just begun loads what it needs


class RemotePolicy:
    """Asks a server. After a drop it connects again by itself and begins the attempt anew there;
    until then there is no chunk, and the reason."""

    def __init__(self, connection: ServerConnection, robot: RobotConfig) -> None:
        """UserError when the server is not there now, or has a policy for another robot."""
        self._connection = connection
        self._attempt = {'do': 'reset', 'task_id': '', 'instruction': 'get ready', 'seed': 0}
        self._told = 0  # number of the connection that knows the attempt
        try:
            self._tell(FIRST_ANSWER)
        except NoAnswerError as error:
            raise UserError(f'no policy there: {error}') from error
        self.info = info_of(connection, robot)

    def reset(self, task_id: str, instruction: str, seed: int) -> None:
        """Begin an attempt; the server is told with the next observation at the latest."""
        self._attempt = {
            'do': 'reset', 'task_id': task_id, 'instruction': instruction, 'seed': int(seed)
        }  # fmt: skip
        self._told = 0

    def act(self, observation: Observation, count: int = 1) -> Proposal:
        """Candidates of the server for this observation, or none with the reason."""
        question: dict[str, Any] = {
            'do': 'act', 'count': count, 'observation': observation_to_dict(observation)
        }  # fmt: skip
        try:
            self._tell()
            proposal = proposal_of(self._connection.ask(question))
        except (NoAnswerError, BadRecordError) as error:
            return Proposal((), reason=str(error))
        asked = observation.stamp, observation.task_id
        if any((chunk.stamp, chunk.task_id) != asked for chunk in proposal.chunks):
            self._connection.close()
            return Proposal((), reason='the server answered another observation')
        return proposal

    def _tell(self, deadline: float = 0.0) -> None:
        """Begin the attempt on this connection, unless it has begun there."""
        connection = self._connection
        if not connection.is_open or self._told != connection.count:
            connection.ask(self._attempt, deadline)
            self._told = connection.count


def info_of(connection: ServerConnection, robot: RobotConfig) -> PolicyInfo:
    """What the server says of its policy; UserError when it does not fit the robot."""
    said, uri = connection.greeting, connection.uri
    if said.get('protocol') != PROTOCOL:
        raise UserError(f'{uri}: protocol {said.get("protocol")!r}, expected {PROTOCOL!r}')
    if tuple(said.get('joints', ())) != robot.joint_names:
        raise UserError(
            f'{uri}: its policy is for joints {", ".join(map(str, said.get("joints", ())))}; '
            f'{robot.name} has {", ".join(robot.joint_names)}'
        )
    cameras = tuple(map(str, said.get('cameras', ())))
    have = {camera.name for camera in robot.cameras}
    if not set(cameras) <= have:
        raise UserError(f'{uri}: its policy needs cameras {", ".join(cameras)}; {robot.name} has '
                        f'{", ".join(sorted(have))}')  # fmt: skip
    try:
        return PolicyInfo(
            str(said['name']), Space[str(said['space'])], tuple(map(str, said['names'])),
            float(said['step']), int(said['horizon']), str(said['checkpoint']), cameras,
        )  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f'{uri}: its greeting lacks {error}') from error
