"""A connection to a policy server: one dictionary each way, with a deadline.

An answer that comes too late is never used: the connection is closed, and the next question opens
another. Until then, and for a while after a failure, there is no answer and a reason.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any, Protocol

import numpy as np

from vla_policy.adapters.array_message import (
    MOST_BYTES,
    BadArrayMessageError,
    from_bytes,
    to_bytes,
)

DEADLINE = 0.8  # s, of an answer; the arm is held before (served_silence of the policy node)
PATIENCE = 3.0  # s, to connect
PAUSE = 0.5  # s, from a failure to the next attempt
MOST_TEXT = 200  # characters of a server's error that are passed on


class NoAnswerError(RuntimeError):
    """Why there is no answer."""


class Websocket(Protocol):
    """As `websockets.sync.client` makes it."""

    def send(self, data: bytes) -> None: ...

    def recv(self, timeout: float | None = None) -> bytes | str: ...

    def close(self) -> None: ...


class ServerConnection:
    """Asks the server at `uri` (ws://host:port); `token` is sent as its key."""

    def __init__(
        self, uri: str, token: str = '', deadline: float = DEADLINE,
        connect: Callable[[str, str], Websocket] | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:  # fmt: skip
        self.uri, self._token, self._deadline = uri, token, deadline
        self._connect, self._clock = connect or open_websocket, clock
        self._socket: Websocket | None = None
        self._failed_at = -np.inf  # s
        self.greeting: dict[str, Any] = {}  # of the server
        self.count = 0  # connections that were made: another one knows nothing of the last

    def ask(self, question: dict[str, Any], deadline: float = 0.0) -> dict[str, Any]:
        """The answer within `deadline` s, or the usual; NoAnswerError says why there is none."""
        within = deadline or self._deadline
        return self._attempted(lambda: self._asked(question, within), within)

    def greet(self) -> dict[str, Any]:
        """The greeting of the server; connects if need be. NoAnswerError: why there is none."""
        return self._attempted(lambda: self.greeting, self._deadline)

    def _attempted(self, do: Callable[[], dict[str, Any]], within: float) -> dict[str, Any]:
        if self._clock() - self._failed_at < PAUSE:
            raise NoAnswerError(f'{self.uri}: waiting to connect again')
        try:
            self._open()
            return do()
        except NoAnswerError:
            self._drop()
            raise
        except TimeoutError as error:
            self._drop()
            raise NoAnswerError(f'{self.uri}: no answer within {within} s') from error
        except Exception as error:  # whatever the network does, the arm is held
            self._drop()
            raise NoAnswerError(f'{self.uri}: {_short(error)}') from error

    @property
    def is_open(self) -> bool:
        """True from a connection until it is closed, or fails."""
        return self._socket is not None

    def close(self) -> None:
        """Leave the server."""
        socket, self._socket = self._socket, None
        if socket is not None:
            socket.close()

    def _open(self) -> None:
        if self._socket is None:
            self._socket = self._connect(self.uri, self._token)
            self.greeting = _read(self._socket.recv(timeout=PATIENCE))
            self.count += 1

    def _asked(self, question: dict[str, Any], within: float) -> dict[str, Any]:
        if self._socket is None:
            raise NoAnswerError('not connected')
        self._socket.send(to_bytes(question))
        return _read(self._socket.recv(timeout=within))

    def _drop(self) -> None:
        self._failed_at = self._clock()
        with suppress(Exception):  # it is gone already
            self.close()


def open_websocket(uri: str, token: str) -> Websocket:
    """Connect; the proxies of the environment are for the web, not for a robot."""
    from websockets.sync.client import connect  # imported for remote policies only

    headers = {'Authorization': f'Api-Key {token}'} if token else None
    made: Websocket = connect(
        uri, compression=None, max_size=MOST_BYTES, open_timeout=PATIENCE, close_timeout=0.2,
        additional_headers=headers, proxy=None, legacy=True,
    )  # fmt: skip
    return made


def _read(message: bytes | str) -> dict[str, Any]:
    if isinstance(message, str):
        last = message.strip().splitlines()[-1:] or ['']
        raise NoAnswerError(f'the server says: {last[0][:MOST_TEXT]}')
    try:
        return from_bytes(message)
    except BadArrayMessageError as error:
        raise NoAnswerError(f'the server sent {error}') from error


def _short(error: Exception) -> str:
    text = str(error).splitlines()[:1] or ['']
    return f'{type(error).__name__}: {text[0][:MOST_TEXT]}'
