"""A policy behind a server that speaks openpi's protocol: a websocket, one dictionary each way.

The server greets with its metadata, then answers each observation with `actions`. A text in place
of a dictionary is its error. An answer that comes too late is never used: the connection is
closed, and the next inference opens another.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any, Protocol

import numpy as np

from vla_core.frozen import Array
from vla_policy.adapters.array_message import BadArrayMessageError, from_bytes, to_bytes

DEADLINE = 0.8  # s, of an answer: less than the silence after which the arm is held
PATIENCE = 3.0  # s, to connect
PAUSE = 0.5  # s, from a failure to the next attempt
MOST_TEXT = 200  # characters of a server's error that are passed on


class NoAnswerError(RuntimeError):
    """Why there are no actions."""


class Connection(Protocol):
    """A websocket, as `websockets.sync.client` makes it."""

    def send(self, data: bytes) -> None: ...

    def recv(self, timeout: float | None = None) -> bytes | str: ...

    def close(self) -> None: ...


class OpenpiClient:
    """Asks the server at `uri` (ws://host:port); `token` is sent as its API key."""

    def __init__(
        self, uri: str, key: str, token: str = '', deadline: float = DEADLINE,
        connect: Callable[..., Connection] | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:  # fmt: skip
        self.uri, self._key, self._token, self._deadline = uri, key, token, deadline
        self._connect, self._clock = connect or _websocket, clock
        self._connection: Connection | None = None
        self._failed_at = -np.inf  # s
        self.metadata: dict[str, Any] = {}

    def infer(self, given: dict[str, Any]) -> Array:
        """Rows of actions; NoAnswerError says why there are none."""
        if self._clock() - self._failed_at < PAUSE:
            raise NoAnswerError(f'{self.uri}: waiting to connect again')
        try:
            return self._asked(given)
        except NoAnswerError:
            self._drop()
            raise
        except TimeoutError as error:
            self._drop()
            raise NoAnswerError(f'{self.uri}: no answer within {self._deadline} s') from error
        except Exception as error:  # whatever the network does, the arm is held
            self._drop()
            raise NoAnswerError(f'{self.uri}: {_short(error)}') from error

    def close(self) -> None:
        """Leave the server."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _asked(self, given: dict[str, Any]) -> Array:
        if self._connection is None:
            self._connection = self._connect(self.uri, self._token)
            self.metadata = _read(self._connection.recv(timeout=PATIENCE))
        self._connection.send(to_bytes(given))
        answer = _read(self._connection.recv(timeout=self._deadline))
        if self._key not in answer:
            keys = ', '.join(map(str, answer)) or 'nothing'
            raise NoAnswerError(f'the answer has no {self._key!r}; it has {keys}')
        return np.asarray(answer[self._key], np.float64)

    def _drop(self) -> None:
        self._failed_at = self._clock()
        with suppress(Exception):  # it is gone already
            self.close()


def _read(message: bytes | str) -> dict[str, Any]:
    if isinstance(message, str):
        last = message.strip().splitlines()[-1:] or ['']
        raise NoAnswerError(f'the server says: {last[0][:MOST_TEXT]}')
    try:
        return from_bytes(message)
    except BadArrayMessageError as error:
        raise NoAnswerError(f'the server sent {error}') from error


def _websocket(uri: str, token: str) -> Connection:
    from websockets.sync.client import connect  # imported for remote policies only

    headers = {'Authorization': f'Api-Key {token}'} if token else None
    made: Connection = connect(
        uri, compression=None, max_size=64 * 1024 * 1024, open_timeout=PATIENCE,
        close_timeout=0.2, additional_headers=headers, proxy=None, legacy=True,
    )  # fmt: skip
    return made


def _short(error: Exception) -> str:
    text = str(error).splitlines()[:1] or ['']
    return f'{type(error).__name__}: {text[0][:MOST_TEXT]}'
