"""Lag of a joint servo behind its command: dead time, or a first-order response."""

from __future__ import annotations

from collections import deque

import numpy as np

from vla_core.frozen import Array

DEAD_TIME, FIRST_ORDER = 'dead_time', 'first_order'
RESPONSES = (DEAD_TIME, FIRST_ORDER)


class ServoLag:
    """Delays a commanded position and velocity by `lag` s.

    Dead time is what a driver with a buffer and a stiff servo shows, a first-order response what a
    position servo without feed-forward shows.
    """

    def __init__(self, response: str, lag: float, period: float, position: Array) -> None:
        self._response, self._period = response, period
        self._share = period / (lag + period)
        self._buffer: deque[tuple[Array, Array]] = deque(maxlen=1 + round(lag / period))
        self._is_lagging = lag > 0.5 * period
        self._state: Array = np.array(position)

    def update(self, position: Array, velocity: Array) -> tuple[Array, Array]:
        """Delayed position and velocity, each (n,), one period after the last call."""
        if not self._is_lagging:
            return position, velocity
        if self._response == FIRST_ORDER:
            step = self._share * (position - self._state)
            self._state = self._state + step
            return self._state, step / self._period
        self._buffer.append((position, velocity))
        if len(self._buffer) < (self._buffer.maxlen or 1):
            return self._state, np.zeros_like(self._state)
        return self._buffer[0]
