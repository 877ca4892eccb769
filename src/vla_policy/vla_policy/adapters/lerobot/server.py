"""Serves a policy that LeRobot saved to the process that started it, on localhost.

Run by the Python of LeRobot's environment, which has numpy, websockets and msgpack but none of our
packages; so it imports nothing of them but `array_message`. The protocol is openpi's: the server
greets with its metadata and answers each observation with `actions`, or with text. The key `reset`
of an observation, a seed, says that it begins an episode.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

from vla_policy.adapters.array_message import (
    MOST_BYTES,
    BadArrayMessageError,
    from_bytes,
    to_bytes,
)

PROTOCOL = 'vla-lerobot-1'
LISTENING, FAILED = 'listening', 'failed'  # first word of the line on stdout
RESET = 'reset'
LARGEST_SEED = 2**31
CHECK = 0.2  # s, between two looks at the parent


class BadObservationError(ValueError):
    """The observation is not what the policy reads."""


class ChunkModel(Protocol):
    """Makes chunks of actions; `model` has LeRobot's."""

    about: dict[str, Any]  # for the greeting
    observation_steps: int  # successive observations that an inference reads

    def seed(self, value: int) -> None:
        """Seed the noise."""

    def prepared(self, observation: dict[str, Any]) -> Any:
        """The observation as the model keeps it; BadObservationError names both shapes."""

    def chunk(self, history: Sequence[Any]) -> NDArray[np.float32]:
        """(rows, columns) for the last of the prepared observations."""


class ChunkServer:
    """Answers observations; each connection has a history of its own."""

    def __init__(self, model: ChunkModel) -> None:
        self._model = model
        self._lock = threading.Lock()  # one inference at a time
        self._log = logging.getLogger('vla.lerobot')

    def handle(self, connection: Any) -> None:
        """Answer one client until it leaves."""
        history: deque[Any] = deque(maxlen=self._model.observation_steps)
        try:
            connection.send(to_bytes({'protocol': PROTOCOL, **self._model.about}))
            for message in connection:
                connection.send(self.answer(history, message))
        except ConnectionClosed:
            pass

    def answer(self, history: deque[Any], message: bytes | str) -> bytes | str:
        """The answer to one observation; text says what is wrong with it."""
        try:
            if isinstance(message, str):
                raise BadObservationError('text is not understood')
            observation = from_bytes(message)
            with self._lock:
                return self._answered(history, observation)
        except (BadObservationError, BadArrayMessageError) as bad:
            return str(bad)
        except Exception as error:  # noqa: BLE001 - one observation ends no server
            self._log.exception('an inference failed')
            return f'{type(error).__name__}: {error}'

    def _answered(self, history: deque[Any], observation: dict[str, Any]) -> bytes:
        start = time.monotonic()
        seed = observation.pop(RESET, None)
        if seed is not None:
            if not isinstance(seed, int) or not 0 <= seed < LARGEST_SEED:
                raise BadObservationError(f'reset is {str(seed)[:40]}, expected a seed')
            history.clear()
            self._model.seed(seed)
        history.append(self._model.prepared(observation))
        actions = self._model.chunk(tuple(history))
        spent = 1000.0 * (time.monotonic() - start)
        return to_bytes({'actions': actions, 'server_timing': {'infer_ms': spent}})


def serve_child(load: Callable[[], ChunkModel], parent: int) -> int:
    """Load, report the port on stdout, serve until `parent` has ended; 1 when loading failed."""
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    report = os.fdopen(os.dup(1), 'w')
    os.dup2(2, 1)  # whatever a library prints does not belong between our lines
    try:
        model = load()
    except Exception as error:
        text = ' '.join(f'{type(error).__name__}: {error}'.split())
        report.write(f'{FAILED} {text}\n')
        report.flush()
        raise
    handle = ChunkServer(model).handle
    with serve(handle, '127.0.0.1', 0, compression=None, max_size=MOST_BYTES) as listener:
        report.write(f'{LISTENING} {listener.socket.getsockname()[1]}\n')
        report.flush()
        listener.serve_forever()
    return 0


def _end_with(parent: int) -> None:
    """End this process with its parent, however that ends."""
    while os.getppid() == parent:
        time.sleep(CHECK)
    os._exit(0)


def main() -> None:
    """`... <folder> <parent>`: serve the policy in the folder."""

    def load() -> ChunkModel:
        from vla_policy.adapters.lerobot.model import LerobotModel

        return LerobotModel(sys.argv[-2])

    sys.exit(serve_child(load, int(sys.argv[-1])))
