"""Errors that are logged when a cycle is over."""

from __future__ import annotations

from typing import Any


class DeferredErrorLog:
    """Keeps the first error of a cycle: the answer to what is wrong comes before the word."""

    def __init__(self, logger: Any) -> None:
        self._logger, self._text = logger, ''

    def put(self, text: str) -> None:
        """Have this logged at the end of the cycle, unless there is one already."""
        self._text = self._text or text

    def flush(self) -> None:
        """Log it, at most once a second."""
        if self._text:
            self._logger.error(self._text, throttle_duration_sec=1.0)
            self._text = ''
