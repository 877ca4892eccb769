"""A policy behind a server that speaks openpi's protocol: it greets with its metadata, and answers
each observation with `actions`."""

from __future__ import annotations

from typing import Any

import numpy as np

from vla_core.frozen import Array
from vla_policy.adapters.connection import NoAnswerError, ServerConnection


class OpenpiClient:
    """Rows of actions under `key` of the answer."""

    def __init__(self, connection: ServerConnection, key: str) -> None:
        self._connection, self._key = connection, key

    def reset(self, seed: int) -> None:
        """The protocol has no episodes: the server keeps nothing between observations."""

    def infer(self, given: dict[str, Any]) -> Array:
        """Rows of actions; NoAnswerError says why there are none."""
        answer = self._connection.ask(given)
        if self._key not in answer:
            keys = ', '.join(map(str, answer)) or 'nothing'
            raise NoAnswerError(f'the answer has no {self._key!r}; it has {keys}')
        try:
            return np.asarray(answer[self._key], np.float64)
        except (TypeError, ValueError) as error:
            raise NoAnswerError(f'{self._key!r} of the answer: {error}') from error
