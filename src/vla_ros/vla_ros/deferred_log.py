"""Errors that are logged: at the end of a cycle, and in lifecycle transitions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import rclpy

from vla_core.errors import UserError


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


def attempt(logger: Any, what: str, act: Callable[[], object]) -> bool:
    """Return whether `act` raised nothing; log what it raised. An exception that leaves a
    transition makes rclpy clean the node up without a word."""
    try:
        act()
    except Exception as error:  # noqa: BLE001
        kind = '' if isinstance(error, UserError) else f'{type(error).__name__}: '
        if rclpy.ok():  # else the error is one of the shutdown
            logger.fatal(f'cannot {what}: {kind}{error}')
        return False
    return True
