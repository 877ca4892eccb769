"""One worker thread for slow work, with a one-place mailbox in each direction."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Request = TypeVar('Request')
Response = TypeVar('Response')


class Worker(Generic[Request, Response]):
    """Runs `work` in a daemon thread; only the newest request and the newest result are kept."""

    def __init__(self, work: Callable[[Request], Response], name: str = 'worker') -> None:
        self._work = work
        self._condition = threading.Condition()
        self._request: list[Request] = []  # at most one
        self._response: list[Response] = []  # at most one
        self._error: BaseException | None = None
        self._working = self._closed = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, request: Request) -> None:
        """Replace the pending request; the one in progress is finished first."""
        with self._condition:
            if self._closed:
                raise RuntimeError(f'{self._thread.name} is closed')
            self._request = [request]
            self._condition.notify_all()

    def take(self, timeout: float = 0.0) -> Response | None:
        """Remove and return the newest result, None without one after `timeout` s; an error of
        `work` is re-raised here."""
        with self._condition:
            if timeout > 0.0:
                self._condition.wait_for(lambda: self._response or self._error, timeout)
            if self._error is not None:
                error, self._error = self._error, None
                raise error
            return self._response.pop() if self._response else None

    @property
    def is_busy(self) -> bool:
        """True while a request is pending or in progress."""
        with self._condition:
            return self._working or bool(self._request)

    def close(self) -> None:
        """Drop the pending request and end the thread after the current one, without waiting."""
        with self._condition:
            self._closed = True
            self._request = []
            self._condition.notify_all()

    def _run(self) -> None:
        while (request := self._next()) is not None:
            self._serve(request[0])

    def _serve(self, request: Request) -> None:
        try:
            response = self._work(request)
        except BaseException as error:  # noqa: BLE001 - re-raised in the caller by take()
            self._done([], error)
        else:
            self._done([response], None)

    def _done(self, response: list[Response], error: BaseException | None) -> None:
        with self._condition:
            self._response, self._error, self._working = response, error, False
            self._condition.notify_all()

    def _next(self) -> list[Request] | None:
        with self._condition:
            self._condition.wait_for(lambda: self._request or self._closed)
            if self._closed:
                return None
            request, self._request = self._request, []
            self._working = True
            return request
