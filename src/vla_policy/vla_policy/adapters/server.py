"""`./vla serve`: a policy that looks, for robots on other machines.

One websocket per robot, a dictionary each way: `do: reset` begins an attempt, `do: act` asks for
candidates. Each robot has a policy of its own on the same weights, so that none sees another's
memory; they share one inference at a time.
"""

from __future__ import annotations

import hmac
import logging
import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from vla_core.errors import UserError
from vla_core.robot.config import RobotConfig
from vla_policy.adapters.array_message import (
    MOST_BYTES,
    BadArrayMessageError,
    from_bytes,
    to_bytes,
)
from vla_policy.adapters.remote_records import (
    BadRecordError,
    observation_of,
    proposal_to_dict,
)
from vla_policy.protocol import Policy

PROTOCOL = 'vla-policy-1'
LOCAL = ('localhost', '127.0.0.1', '::1')
MOST_CANDIDATES = 64


class PolicyServer:
    """Serves policies that `make` makes, one per robot."""

    def __init__(self, make: Callable[[], Policy], robot: RobotConfig, token: str = '') -> None:
        self._make, self._robot, self._token = make, robot, token
        self._lock = threading.Lock()
        self.info = make().info
        self._log = logging.getLogger('vla.serve')

    def listen(self, host: str, port: int) -> Any:
        """The listener, a context manager with `serve_forever` and `shutdown`; UserError for an
        address off this machine without a token."""
        from websockets.sync.server import serve

        if host not in LOCAL and not self._token:
            raise UserError(
                f'{host} is reached from other machines: set VLA_POLICY_TOKEN here and on them'
            )
        try:
            return serve(
                self.handle, host, port, compression=None, max_size=MOST_BYTES,
                process_request=self._refuse_strangers,
            )  # fmt: skip
        except OSError as error:
            raise UserError(f'cannot listen on {host}:{port}: {error}') from error

    def handle(self, connection: Any) -> None:
        """Answer one robot until it leaves. A bad question is answered with text."""
        from websockets.exceptions import ConnectionClosed

        policy = self._make()
        peer = connection.remote_address
        self._log.info('robot at %s', peer)
        try:
            connection.send(to_bytes(self.greeting()))
            for message in connection:
                connection.send(self.answer(policy, message))
        except ConnectionClosed:
            pass
        self._log.info('robot at %s has left', peer)

    def greeting(self) -> dict[str, Any]:
        """What the policy is."""
        info = self.info
        return {
            'protocol': PROTOCOL, 'name': info.name, 'space': info.space.name,
            'names': list(info.names), 'step': info.step, 'horizon': info.horizon,
            'checkpoint': info.checkpoint, 'cameras': list(info.cameras),
            'joints': list(self._robot.joint_names),
        }  # fmt: skip

    def answer(self, policy: Policy, message: bytes | str) -> bytes | str:
        """The answer to one message; text says what is wrong with it."""
        try:
            if isinstance(message, str):
                raise BadRecordError('text is not understood')
            question = from_bytes(message)
            with self._lock:
                return to_bytes(self._done(policy, question))
        except (BadRecordError, BadArrayMessageError) as bad:
            return str(bad)
        except Exception as error:  # noqa: BLE001 - one question ends no policy
            self._log.exception('a question failed')
            return f'{type(error).__name__}: {error}'

    def _done(self, policy: Policy, question: dict[str, Any]) -> dict[str, Any]:
        what = question.get('do')
        if what == 'reset':
            texts = [question.get(key) for key in ('task_id', 'instruction')]
            seed = question.get('seed', 0)
            if not all(isinstance(text, str) for text in texts) or not isinstance(seed, int):
                raise BadRecordError('reset needs task_id, instruction and seed')
            policy.reset(str(texts[0]), str(texts[1]), seed)
            return {'done': True}
        if what == 'act':
            count = question.get('count', 1)
            if not isinstance(count, int) or not 1 <= count <= MOST_CANDIDATES:
                raise BadRecordError(f'count is {count}, must be 1 to {MOST_CANDIDATES}')
            given = question.get('observation')
            if not isinstance(given, dict):
                raise BadRecordError('observation is missing')
            observation = observation_of(given, len(self._robot.joint_names))
            return proposal_to_dict(policy.act(observation, count))
        raise BadRecordError(f'do is {str(what)[:40]!r}; known: reset, act')

    def _refuse_strangers(self, connection: Any, request: Any) -> Any:
        """None, or the refusal of a client without the token."""
        given = request.headers.get('Authorization', '')
        if self._token and not hmac.compare_digest(given, f'Api-Key {self._token}'):
            return connection.respond(HTTPStatus.UNAUTHORIZED, 'wrong or missing token\n')
        return None
