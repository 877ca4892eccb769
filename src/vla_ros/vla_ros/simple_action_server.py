"""An action server for one goal at a time that never blocks its executor: the newest."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

from rclpy.action import ActionServer, CancelResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.node import Node
from rclpy.task import Future


class GoalOutcome(Enum):
    """How a goal ends: names of the goal handle's methods."""

    SUCCEED = 'succeed'
    ABORT = 'abort'
    CANCEL = 'canceled'


class SimpleActionServer:
    """`begin` starts the work of a goal and returns None, or the result when it cannot start.

    A goal that starts while another runs takes its place; the other ends with what `displaced`
    returns.
    """

    def __init__(
        self,
        node: Node,
        action: type,
        name: str,
        begin: Callable[[Any], Any],
        displaced: Callable[[], Any],
    ) -> None:
        self._begin, self._displaced = begin, displaced
        self._handle: ServerGoalHandle | None = None
        self._end: Future = Future()
        self._is_cancel_told = False
        self._server = ActionServer(
            node, action, name, self._execute, cancel_callback=lambda _: CancelResponse.ACCEPT
        )

    @property
    def is_running(self) -> bool:
        return self._handle is not None

    def take_cancel(self) -> bool:
        """Return True once when the running goal is to be cancelled."""
        handle = self._handle
        if handle is None or self._is_cancel_told or not handle.is_cancel_requested:
            return False
        self._is_cancel_told = True
        return True

    def feedback(self, message: Any) -> None:
        """Send feedback of the running goal."""
        if self._handle is not None:
            self._handle.publish_feedback(message)

    def finish(self, outcome: GoalOutcome, result: Any) -> None:
        """End the running goal; its coroutine sends the result."""
        self._handle = None
        self._end.set_result((outcome, result))

    async def _execute(self, handle: ServerGoalHandle) -> Any:
        refusal = self._begin(handle.request)
        if refusal is not None:
            handle.abort()
            return refusal
        if self._handle is not None:
            self.finish(GoalOutcome.ABORT, self._displaced())
        self._handle, self._end, self._is_cancel_told = handle, Future(), False
        outcome, result = await self._end
        if outcome == GoalOutcome.CANCEL and not handle.is_cancel_requested:
            outcome = GoalOutcome.ABORT
        getattr(handle, outcome.value)()
        return result
