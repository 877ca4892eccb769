"""One rclpy node that asks things of a running graph and waits for the answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import rclpy
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions
from rclpy.task import Future

from vla_core.errors import UserError
from vla_core.records.safety import Heartbeat
from vla_core.records.task import TaskStatus
from vla_interfaces.action import ExecuteTask
from vla_ros import topics
from vla_ros.endpoints import Endpoints
from vla_ros.entities import destroy_with_actions
from vla_ros.realtime import realtime_dds_threads
from vla_ros.transport import choose_transport

TURN = 0.05  # s, between two looks at what has come
CANCEL_TIME = 60.0  # s, for a cancelled task to end: what is held is put back first


class GraphClient:
    """`watch` is called at every turn of a wait; what it raises ends the wait."""

    def __init__(self, watch: Callable[[], None]) -> None:
        self._watch = watch
        choose_transport()
        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
        with realtime_dds_threads():
            self._node = rclpy.create_node('client')
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        self._links = Endpoints(self._node, self._node.get_logger().error)
        self._execute = ActionClient(self._node, ExecuteTask, 'execute_task')
        self._clients: dict[str, Any] = {}
        self.beats: dict[str, Heartbeat] = {}  # the newest, by node
        self.status: TaskStatus | None = None
        self.truth: bool | None = None  # the simulator's word, the newest
        self._links.subscribe(topics.HEARTBEATS, self._on_beat)
        self._links.subscribe(topics.STATUS, self._on_status)
        self._links.subscribe(topics.SUCCESS, self._on_truth)

    def wait(self, until: Callable[[], Any], timeout: float) -> Any:
        """What `until` says once it is true; what it says at the end of `timeout` s otherwise."""
        end = time.monotonic() + timeout
        while True:
            self._executor.spin_once(timeout_sec=TURN)
            self._links.drain()
            self._watch()
            said = until()
            if said or time.monotonic() >= end:
                return said

    def answer(self, future: Future, what: str, timeout: float) -> Any:
        """The result of a future; UserError when there is none in time."""
        if not self.wait(future.done, timeout):
            raise UserError(f'{what} does not answer within {timeout:g} s')
        return future.result()

    def call(self, kind: type, name: str, request: Any, timeout: float = 15.0) -> Any:
        """The response of a service."""
        client = self.reach(kind, name, timeout)
        return self.answer(client.call_async(request), name, timeout)

    def reach(self, kind: type, name: str, timeout: float = 15.0) -> Any:
        """The client of a service that is there; a call after this is sent at once."""
        if name not in self._clients:
            self._clients[name] = self._node.create_client(kind, name)
        client = self._clients[name]
        if not (client.service_is_ready() or self.wait(client.service_is_ready, timeout)):
            raise UserError(f'no service {name} within {timeout:g} s: is the node up?')
        return client

    def begin(self, goal: Any, on_feedback: Callable[[Any], None] = lambda _: None) -> Any:
        """The handle of a task, which goes on by itself."""
        if not self.wait(self._execute.server_is_ready, 10.0):
            raise UserError('the supervisor offers no execute_task: is it up?')
        sent = self._execute.send_goal_async(goal, lambda message: on_feedback(message.feedback))
        return self.answer(sent, 'execute_task', 10.0)

    def execute(self, goal: Any, on_feedback: Callable[[Any], None], timeout: float) -> Any:
        """The result of a task, cancelled after `timeout` s or when the wait is broken off."""
        handle = self.begin(goal, on_feedback)
        future = handle.get_result_async()
        try:
            is_over = self.wait(future.done, timeout)
        except BaseException:
            handle.cancel_goal_async()
            raise
        if not is_over:
            handle.cancel_goal_async()
        return self.answer(future, 'the cancelled task', CANCEL_TIME).result

    def close(self) -> None:
        self._executor.shutdown()
        destroy_with_actions(self._node)
        rclpy.try_shutdown()

    def _on_beat(self, beat: Heartbeat) -> None:
        self.beats[beat.node] = beat

    def _on_status(self, status: TaskStatus) -> None:
        self.status = status

    def _on_truth(self, message: Any) -> None:
        self.truth = bool(message.data)
