"""Errors that are logged at the end of a cycle."""

from __future__ import annotations

from typing import Any


class DeferredErrorLog:
    """Keeps the first error of a cycle: the reaction to it is published before it is logged."""

    def __init__(self, logger: Any) -> None:
        self._logger, self._text = logger, ''

    def put(self, text: str) -> None:
        """Store an error of this cycle, unless one is stored already."""
        self._text = self._text or text

    def flush(self) -> None:
        """Log the stored error, at most once a second."""
        if self._text:
            self._logger.error(self._text, throttle_duration_sec=1.0)
            self._text = ''
