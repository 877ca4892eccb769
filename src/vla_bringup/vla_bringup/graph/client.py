"""A client node of a running graph: services, the task action, newest status."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import rclpy
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions
from rclpy.task import Future

from vla_bringup.graph.domain import ros_errors
from vla_bringup.graph.sessions import no_graph
from vla_core.errors import UserError
from vla_core.records.safety import Heartbeat, ShieldReport
from vla_core.records.task import TaskStatus
from vla_core.robot.ros_names import absolute_name
from vla_interfaces.action import ExecuteTask
from vla_ros import topics
from vla_ros.endpoints import Endpoints
from vla_ros.entities import destroy_with_actions
from vla_ros.realtime import realtime_dds_threads
from vla_ros.transport import choose_transport

SPIN_TIMEOUT = 0.05  # s
DISCOVERY = 5.0  # s, until the nodes of a running graph are found
CANCEL_TIME = 60.0  # s for a cancelled task to end: a held object is put back first


class GraphClient:
    """`watch` is called at every iteration of a wait; an exception from it ends the wait.

    `node` and `links` are for users that publish or subscribe themselves; `links` is polled.
    """

    def __init__(
        self,
        watch: Callable[[], None],
        name: str = 'client',
        namespace: str = '',
        *,
        carries_images: bool = False,
    ) -> None:
        self._watch = watch
        choose_transport(carries_images)
        with ros_errors(), realtime_dds_threads():
            rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
            self.node = rclpy.create_node(name, namespace=namespace)
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)
        self.links = Endpoints(self.node, self.node.get_logger().error)
        self._execute = ActionClient(self.node, ExecuteTask, 'execute_task')
        self._clients: dict[str, Any] = {}
        self.beats: dict[str, Heartbeat] = {}  # the newest, by node
        self.status: TaskStatus | None = None
        self.report: ShieldReport | None = None  # newest, after watch_shield
        self.truth: bool | None = None  # newest ground truth of the simulator
        self.links.subscribe(topics.HEARTBEATS, self._on_beat)
        self.links.subscribe(topics.STATUS, self._on_status)
        self.links.subscribe(topics.SUCCESS, self._on_truth)

    def watch_shield(self) -> None:
        """Receive the reports of the shield, too."""
        self.links.subscribe(topics.REPORT, self._on_report)

    def require_graph(self, timeout: float = DISCOVERY) -> None:
        """UserError when no supervisor has published its status within `timeout` s."""
        if not self.wait(lambda: self.status is not None, timeout):
            raise UserError(no_graph())

    def wait(self, until: Callable[[], Any], timeout: float) -> Any:
        """Return the value of `until` as soon as it is true, or after `timeout` s."""
        end = time.monotonic() + timeout
        while True:
            self._executor.spin_once(timeout_sec=SPIN_TIMEOUT)
            self.links.drain()
            self._watch()
            value = until()
            if value or time.monotonic() >= end:
                return value

    def answer(self, future: Future, what: str, timeout: float) -> Any:
        """The result of a future; UserError after `timeout` s."""
        if not self.wait(future.done, timeout):
            raise UserError(f'no response from {what} within {timeout:g} s')
        return future.result()

    def call(self, service_type: type, name: str, request: Any, timeout: float = 15.0) -> Any:
        """The response of a service."""
        client = self.reach(service_type, name, timeout)
        return self.answer(client.call_async(request), name, timeout)

    def reach(self, service_type: type, name: str, timeout: float = 15.0) -> Any:
        """The client of a service, once the service is available."""
        if name not in self._clients:
            self._clients[name] = self.node.create_client(service_type, name)
        client = self._clients[name]
        if client.service_is_ready() or self.wait(client.service_is_ready, timeout):
            return client
        raise UserError(
            f'no service {name} within {timeout:g} s: is its node running? {self._seen(name)}'
        )

    def _seen(self, name: str) -> str:
        """What this process has discovered of a service, for a message to a person."""
        full = self.node.resolve_service_name(name)
        readers = self.node.get_subscriptions_info_by_topic(f'rq{full}Request', no_mangle=True)
        writers = self.node.get_publishers_info_by_topic(f'rr{full}Reply', no_mangle=True)
        nodes = sorted(
            absolute_name(node, namespace)
            for node, namespace in self.node.get_node_names_and_namespaces()
        )
        return (
            f'discovered: {len(readers)} readers of its requests, {len(writers)} writers of its '
            f'responses; nodes {", ".join(nodes)}'
        )

    def begin(self, goal: Any, on_feedback: Callable[[Any], None] = lambda _: None) -> Any:
        """Send a goal and return its handle."""
        if not self.wait(self._execute.server_is_ready, 10.0):
            raise UserError('no action server execute_task: is the supervisor running?')
        sent = self._execute.send_goal_async(goal, lambda message: on_feedback(message.feedback))
        return self.answer(sent, 'execute_task', 10.0)

    def execute(self, goal: Any, on_feedback: Callable[[Any], None], timeout: float) -> Any:
        """The result of a task; it is cancelled after `timeout` s or when the wait is aborted."""
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
        destroy_with_actions(self.node)
        rclpy.try_shutdown()

    def _on_beat(self, beat: Heartbeat) -> None:
        self.beats[beat.node] = beat

    def _on_status(self, status: TaskStatus) -> None:
        self.status = status

    def _on_report(self, report: ShieldReport) -> None:
        self.report = report

    def _on_truth(self, message: Any) -> None:
        self.truth = bool(message.data)
