"""An action server for one goal at a time that never blocks its executor."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

from rclpy.action import ActionServer, CancelResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.node import Node
from rclpy.task import Future


class Outcome(Enum):
    """How a goal ends: names of the goal handle's methods."""

    SUCCEED = 'succeed'
    ABORT = 'abort'
    CANCEL = 'canceled'


class OneGoal:
    """`begin` starts the work of a goal and returns None, or the result when it cannot start."""

    def __init__(self, node: Node, action: type, name: str, begin: Callable[[Any], Any]) -> None:
        self._begin = begin
        self._handle: ServerGoalHandle | None = None
        self._end: Future = Future()
        self._server = ActionServer(
            node, action, name, self._execute, cancel_callback=lambda _: CancelResponse.ACCEPT
        )

    @property
    def is_running(self) -> bool:
        return self._handle is not None

    @property
    def is_cancelled(self) -> bool:
        return self._handle is not None and bool(self._handle.is_cancel_requested)

    def feedback(self, message: Any) -> None:
        """Send feedback of the running goal."""
        if self._handle is not None:
            self._handle.publish_feedback(message)

    def finish(self, outcome: Outcome, result: Any) -> None:
        """End the running goal; its coroutine sends the result."""
        self._handle = None
        self._end.set_result((outcome, result))

    async def _execute(self, handle: ServerGoalHandle) -> Any:
        refusal = self._begin(handle.request)
        if refusal is not None:
            handle.abort()
            return refusal
        self._handle, self._end = handle, Future()
        outcome, result = await self._end
        if outcome == Outcome.CANCEL and not handle.is_cancel_requested:
            outcome = Outcome.ABORT
        getattr(handle, outcome.value)()
        return result
