"""An action server with one goal at a time, the newest; it never blocks its executor."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.node import Node
from rclpy.task import Future


class GoalOutcome(Enum):
    """How a goal ends: names of the goal handle's methods."""

    SUCCEED = 'succeed'
    ABORT = 'abort'
    CANCEL = 'canceled'


class SimpleActionServer:
    """`begin` starts the work of a goal and returns None, or a result with which it is aborted.

    A goal that `accepts` refuses is rejected. A new goal preempts the running one, which is
    aborted with the result that `preempted` returns.
    """

    def __init__(
        self,
        node: Node,
        action: type,
        name: str,
        begin: Callable[[Any], Any],
        preempted: Callable[[], Any],
        accepts: Callable[[Any], bool] = lambda _: True,
    ) -> None:
        self._begin, self._preempted = begin, preempted
        self._handle: ServerGoalHandle | None = None
        self._end: Future = Future()
        self._is_cancel_taken = False
        self._server = ActionServer(
            node, action, name, self._execute,
            goal_callback=lambda g: GoalResponse.ACCEPT if accepts(g) else GoalResponse.REJECT,
            cancel_callback=lambda _: CancelResponse.ACCEPT,
        )  # fmt: skip

    @property
    def is_running(self) -> bool:
        return self._handle is not None

    def take_cancel(self) -> bool:
        """Return True once for each request to cancel the running goal."""
        handle = self._handle
        if handle is None or self._is_cancel_taken or not handle.is_cancel_requested:
            return False
        self._is_cancel_taken = True
        return True

    def feedback(self, message: Any) -> None:
        """Publish feedback of the running goal."""
        if self._handle is not None:
            self._handle.publish_feedback(message)

    def finish(self, outcome: GoalOutcome, result: Any) -> None:
        """End the running goal; its coroutine sends the result."""
        self._handle = None
        self._end.set_result((outcome, result))

    async def _execute(self, handle: ServerGoalHandle) -> Any:
        rejection = self._begin(handle.request)
        if rejection is not None:
            handle.abort()
            return rejection
        if self._handle is not None:
            self.finish(GoalOutcome.ABORT, self._preempted())
        self._handle, self._end, self._is_cancel_taken = handle, Future(), False
        outcome, result = await self._end
        if outcome == GoalOutcome.CANCEL and not handle.is_cancel_requested:
            outcome = GoalOutcome.ABORT
        getattr(handle, outcome.value)()
        return result
