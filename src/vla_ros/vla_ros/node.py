"""Lifecycle shell of every node: transition errors are logged, `tick` runs only while active."""

from __future__ import annotations

import gc
from time import monotonic
from typing import Any, TypeVar

from rclpy._rclpy_pybind11 import RCLError
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.timer import Timer

from vla_core.robot.config import RobotConfig, load_robot
from vla_core.robot.topic_names import resolved
from vla_ros import params, topics
from vla_ros.deferred_log import DeferredErrorLog, attempt
from vla_ros.endpoints import Endpoints
from vla_ros.entities import entities_of
from vla_ros.heartbeat import HeartbeatBuilder
from vla_ros.polled_clock import PolledClockNode

P = TypeVar('P')
IDLE_PERIOD = 0.05  # s between heartbeats while not active
QOS_CHECK_PERIOD = 0.5  # s between two QoS checks, each of one endpoint


class ManagedNode(PolledClockNode):
    """A subclass has `configure`, `on_<topic>` (stores), `tick` (works) and senders.

    Timers run on the steady clock; `now` is ROS time.
    """

    name = ''  # of the node
    period = 0.01  # s of `tick`
    heartbeat_period = 0.05  # s
    carries_images = False  # True: it gets shared memory
    realtime_priority = 0  # 1 to 99, higher preempts lower; 0: ordinary scheduling

    def __init__(self) -> None:
        super().__init__(self.name)
        self.problem = ''  # why the node is not healthy; empty when it is
        self.remark = ''  # further text of the heartbeat
        self._steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._qos_mismatch = ''  # peers whose QoS is incompatible
        self._configured: list[Any] = []  # entities that `configure` created
        self._heartbeat = HeartbeatBuilder(self.name, self.heartbeat_period)
        self._timer: Timer | None = None
        self.began = 0.0  # s, steady clock, start of this cycle
        self._deferred_errors = DeferredErrorLog(self.get_logger())
        self.log_error = self._deferred_errors.put  # logs when the cycle is over
        self.endpoints = Endpoints(self, self.log_error)
        self.advertise, self.subscribe = self.endpoints.advertise, self.endpoints.subscribe
        self._change_state, self._service_change_state.callback = (
            self._service_change_state.callback, self._on_change_state,
        )  # fmt: skip
        self._publish_heartbeat = self.advertise(topics.HEARTBEATS)
        self._idle_timer = self.create_timer(IDLE_PERIOD, self._idle_cycle, clock=self._steady)
        self.create_timer(QOS_CHECK_PERIOD, self._check_qos, clock=self._steady)

    def configure(self) -> None:
        """Read parameters, load models, create endpoints (cleanup destroys them); an exception
        fails the transition."""
        raise NotImplementedError

    def tick(self) -> None:
        """Work of one cycle, every `period` s while active."""
        raise NotImplementedError

    def start(self) -> None:
        """Called before the first tick of an activation."""

    def safe_stop(self) -> None:
        """Called on leaving the active state, while everything can still be published."""

    @property
    def state(self) -> str:
        """The lifecycle state."""
        return str(self._state_machine.current_state[1])

    @property
    def is_configured(self) -> bool:
        return self.state in ('inactive', 'active')

    def parameters(self, cls: type[P]) -> P:
        """Return the dataclass filled from this node's parameters."""
        return params.declare(self, cls)

    def load_robot(self, name: str) -> RobotConfig:
        """Return a robot with full topic names; messages carry its base frame from now on."""
        robot = resolved(load_robot(name), self.get_namespace())
        self.endpoints.frame = robot.base_frame
        return robot

    def set_period(self, period: float) -> None:
        """Tick every `period` s from the next cycle on."""
        if self._timer is not None:
            self._timer.timer_period_ns = round(period * 1e9)

    def _on_change_state(self, request: Any, response: Any) -> Any:
        """Refuse a transition that this state does not have; rclpy would end the process."""
        try:
            return self._change_state(request, response)
        except RCLError as error:
            name = request.transition.id
            self.get_logger().error(f'no transition {name} while {self.state}: {error}')
            response.success = False
            return response

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        before = entities_of(self)
        is_done = attempt(self.get_logger(), 'configure', self.configure)
        self._configured = [e for e in entities_of(self) if e not in before]
        if not is_done:
            self.endpoints.destroy(self._configured)
            return TransitionCallbackReturn.FAILURE
        self.get_logger().info('configured')  # rclpy's first log line takes 25 ms: not in a cycle
        gc.collect()
        gc.freeze()  # what was loaded stays: no long collections in the cycles
        return super().on_configure(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        attempt(self.get_logger(), 'clean up', lambda: self.endpoints.destroy(self._configured))
        return super().on_cleanup(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        self._qos_mismatch = self.endpoints.first_qos_mismatch()
        if self._qos_mismatch:
            self.get_logger().fatal(f'cannot activate: {self._qos_mismatch}')
            return TransitionCallbackReturn.FAILURE
        if not attempt(self.get_logger(), 'activate', self.start):
            return TransitionCallbackReturn.FAILURE
        self._idle_timer.cancel()
        self._timer = self.create_timer(self.period, self._cycle, clock=self._steady)
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        self._stop_cycles()
        return super().on_deactivate(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        self._stop_cycles()
        return super().on_shutdown(state)

    def _stop_cycles(self) -> None:
        if self._timer is None:
            return
        self.destroy_timer(self._timer)
        self._timer = None
        self._idle_timer.reset()
        attempt(self.get_logger(), 'stop safely', self.safe_stop)

    def _cycle(self) -> None:
        self.began = began = monotonic()
        try:
            self.read_clock()
            self.endpoints.drain()
            self.tick()
            self._heartbeat.cycle(began, monotonic())
            if self._heartbeat.due(began, 0.5 * self.period):
                self._send_heartbeat()
        finally:
            self._deferred_errors.flush()

    def _idle_cycle(self) -> None:
        """Store latched messages and send a heartbeat while not active."""
        self.read_clock()
        self.endpoints.drain()
        self._send_heartbeat()
        self._deferred_errors.flush()

    def _check_qos(self) -> None:
        self._qos_mismatch = self.endpoints.next_qos_mismatch()
        if self._qos_mismatch:
            self.log_error(self._qos_mismatch)

    def _send_heartbeat(self) -> None:
        problem, dropped = self._qos_mismatch or self.problem, self.endpoints.refusals.recent()
        beat = self._heartbeat.next(self.now, self.state, problem, self.remark, dropped)
        self._publish_heartbeat(beat)
