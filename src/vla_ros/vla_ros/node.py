"""The lifecycle shell of every node: failures are heard, it works only while active."""

from __future__ import annotations

import gc
from collections.abc import Callable
from time import monotonic
from typing import Any, TypeVar

import rclpy
from rclpy._rclpy_pybind11 import RCLError
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.timer import Timer

from vla_core.errors import UserError
from vla_ros import params, topics
from vla_ros.deferred_log import DeferredErrorLog
from vla_ros.endpoints import Endpoints
from vla_ros.heartbeat import HeartbeatBuilder
from vla_ros.polled_clock import PolledClockNode
from vla_ros.topics import Topic

P = TypeVar('P')
IDLE_PERIOD = 0.05  # s, of heartbeats while not active
LOOK_EVERY = 0.5  # s, between two looks at the QoS of a topic


class ManagedNode(PolledClockNode):
    """Four kinds of method in a node: `configure`, `on_<topic>` (stores), `tick` (works), sends.

    Timers run on the steady clock; `now` is ROS time.
    """

    name = ''  # of the node
    period = 0.01  # s of `tick`
    heartbeat_period = 0.05  # s between heartbeats
    realtime_priority = 0  # real-time priority, 1 to 99; 0: none. The higher goes first

    def __init__(self) -> None:
        super().__init__(self.name)
        self.problem = ''  # why the node is not well; empty when it is
        self.remark = ''  # what else the heartbeat says
        self._steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._state = 'unconfigured'
        self._misfit = ''  # who uses a topic with a QoS that does not fit
        self.pulse = HeartbeatBuilder(self.name, self.heartbeat_period)
        self._timer: Timer | None = None
        self.began = 0.0  # s, steady clock, of this cycle
        self._late_log = DeferredErrorLog(self.get_logger())
        self.log_error = self._late_log.put  # log an error when the cycle is over
        self.endpoints = Endpoints(self, self.log_error)
        self._change_state, self._service_change_state.callback = (
            self._service_change_state.callback, self._on_change_state,
        )  # fmt: skip
        self._send_beat = self.advertise(topics.HEARTBEATS)
        self._idle = self.create_timer(IDLE_PERIOD, self._wait, clock=self._steady)
        self.create_timer(LOOK_EVERY, self._look, clock=self._steady)

    def configure(self) -> None:
        """Read parameters, load everything, create topics. An exception keeps the node out."""
        raise NotImplementedError

    def tick(self) -> None:
        """Work, every `period` s while active."""
        raise NotImplementedError

    def start(self) -> None:
        """Called before the first tick of an activation."""

    def safe_stop(self) -> None:
        """Called on leaving the active state, while everything can still be sent."""

    @property
    def is_configured(self) -> bool:
        return self._state in ('inactive', 'active')

    def parameters(self, cls: type[P]) -> P:
        """The dataclass filled from this node's parameters."""
        return params.declare(self, cls)

    def advertise(self, topic: Topic) -> Callable[[Any], None]:
        """Return a function that sends one record."""
        return self.endpoints.advertise(topic)

    def subscribe(
        self, topic: Topic, callback: Callable[[Any], None],
        refuse: Callable[[str], None] = lambda _: None, *, by_executor: bool = False,
    ) -> None:  # fmt: skip
        """Call `callback` before a tick with what has come, `refuse` with what is wrong with a bad
        message. `apart`: as it comes, between two ticks, so that none waits for what is large."""
        self.endpoints.subscribe(topic, callback, refuse, by_executor=by_executor)

    def set_period(self, period: float) -> None:
        """Work every `period` s from the next cycle on."""
        if self._timer is not None:
            self._timer.timer_period_ns = round(period * 1e9)

    def _on_change_state(self, request: Any, response: Any) -> Any:
        """rclpy ends the process on a transition that does not exist in this state."""
        try:
            return self._change_state(request, response)
        except RCLError as error:
            self.get_logger().error(
                f'no transition {request.transition.id} while {self._state}: {error}'
            )
            response.success = False
            return response

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        try:
            self.configure()
        except Exception as error:  # noqa: BLE001 - rclpy would turn it into ERROR without a word
            if not rclpy.ok():
                return TransitionCallbackReturn.FAILURE  # it was told to end meanwhile
            kind = '' if isinstance(error, UserError) else f'{type(error).__name__}: '
            self.get_logger().fatal(f'cannot configure: {kind}{error}')
            return TransitionCallbackReturn.FAILURE
        self.get_logger().info('configured')  # rclpy's first line takes 25 ms: not in the loop
        gc.collect()
        gc.freeze()  # what was loaded stays: no long collections in the loop
        self._state = 'inactive'
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        self._misfit = self.endpoints.first_qos_mismatch()
        if self._misfit:
            self.get_logger().fatal(f'cannot activate: {self._misfit}')
            return TransitionCallbackReturn.FAILURE
        self.start()
        self._state = 'active'
        self._idle.cancel()
        self._timer = self.create_timer(self.period, self._cycle, clock=self._steady)
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        self._leave()
        return super().on_deactivate(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        self._leave()
        self._state = 'finalized'
        return super().on_shutdown(state)

    def _leave(self) -> None:
        if self._timer is None:
            return
        self.destroy_timer(self._timer)
        self._timer = None
        self._idle.reset()
        self._state = 'inactive'
        self.safe_stop()

    def _cycle(self) -> None:
        self.began = began = monotonic()
        try:
            self.read_clock()
            self.endpoints.drain()
            self.tick()
            self.pulse.cycle(began, monotonic())
            if self.pulse.due(began, 0.5 * self.period):
                self._beat()
        finally:
            self._late_log.flush()

    def _wait(self) -> None:
        """Not active: what is latched is taken in all the same."""
        self.read_clock()
        self.endpoints.drain()
        self._beat()
        self._late_log.flush()

    def _look(self) -> None:
        self._misfit = (
            self.endpoints.next_qos_mismatch() or self._misfit
        )  # for good: half of its inputs is none
        if self._misfit:
            self.log_error(self._misfit)

    def _beat(self) -> None:
        problem = self._misfit or self.problem
        self._send_beat(self.pulse.beat(self.now, self._state, problem, self.remark))
