"""One worker thread for slow work, with a one-place mailbox each way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Ask = TypeVar('Ask')
Answer = TypeVar('Answer')


class Worker(Generic[Ask, Answer]):
    """Runs `work` in a daemon thread: the newest request waits, the newest result stays."""

    def __init__(self, work: Callable[[Ask], Answer], name: str = 'worker') -> None:
        self._work = work
        self._wake = threading.Condition()
        self._ask: list[Ask] = []  # at most one
        self._answer: list[Answer] = []  # at most one
        self._error: BaseException | None = None
        self._working = self._closed = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def ask(self, request: Ask) -> None:
        """Replace the waiting request; what is being worked on is finished first."""
        with self._wake:
            if self._closed:
                raise RuntimeError(f'{self._thread.name} is closed')
            self._ask = [request]
            self._wake.notify_all()

    def take(self, timeout: float = 0.0) -> Answer | None:
        """The newest result, once, or None; raises what the work raised; waits `timeout` s."""
        with self._wake:
            if timeout > 0.0:
                self._wake.wait_for(lambda: self._answer or self._error, timeout)
            if self._error is not None:
                error, self._error = self._error, None
                raise error
            return self._answer.pop() if self._answer else None

    @property
    def busy(self) -> bool:
        """Whether a request waits or is being worked on."""
        with self._wake:
            return self._working or bool(self._ask)

    def close(self) -> None:
        """Drop what waits and end the thread after the work in hand; does not wait for it."""
        with self._wake:
            self._closed = True
            self._ask = []
            self._wake.notify_all()

    def _run(self) -> None:
        while (request := self._next()) is not None:
            self._serve(request[0])

    def _serve(self, request: Ask) -> None:
        try:
            answer = self._work(request)
        except BaseException as error:  # noqa: BLE001 - re-raised in the caller by take()
            self._done([], error)
        else:
            self._done([answer], None)

    def _done(self, answer: list[Answer], error: BaseException | None) -> None:
        with self._wake:
            self._answer, self._error, self._working = answer, error, False
            self._wake.notify_all()

    def _next(self) -> list[Ask] | None:
        with self._wake:
            self._wake.wait_for(lambda: self._ask or self._closed)
            if self._closed:
                return None
            request, self._ask = self._ask, []
            self._working = True
            return request
