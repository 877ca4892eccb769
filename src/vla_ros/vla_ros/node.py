"""The lifecycle shell of every node: failures are heard, work happens only while active, leaving is safe."""

from __future__ import annotations

import gc
from collections.abc import Callable
from time import perf_counter
from typing import Any, TypeVar

from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.timer import Timer

from vla_core.errors import UserError
from vla_core.safety import Heartbeat
from vla_ros import params, topics
from vla_ros.convert.fields import BadMessage
from vla_ros.topics import Topic

P = TypeVar('P')
DONE = TransitionCallbackReturn.SUCCESS


class ManagedNode(LifecycleNode):
    """Four kinds of method in a node: `configure`, `on_<topic>` (stores), `tick` (works), sends.

    Timers run on the steady clock; `now` is ROS time.
    """

    name = ''  # of the node
    period = 0.01  # s of `tick`
    beat_period = 0.05  # s between heartbeats

    def __init__(self) -> None:
        super().__init__(self.name)
        self.problem = ''  # why the node is not well; empty when it is
        self.remark = ''  # what else the heartbeat says
        self._steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._state = 'unconfigured'
        self._beats = 0
        self._cycle_last = self._cycle_max = 0.0  # ms
        self._timer: Timer | None = None
        self._send_beat = self.talk(topics.HEARTBEATS)
        self.create_timer(self.beat_period, self._beat, clock=self._steady)

    # -- what a node fills in ------------------------------------------------------------------

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

    # -- what a node uses ----------------------------------------------------------------------

    @property
    def now(self) -> float:
        """s, ROS time."""
        return self.get_clock().now().nanoseconds * 1e-9

    def parameters(self, cls: type[P]) -> P:
        """Return the dataclass filled from this node's parameters."""
        return params.declare(self, cls)

    def talk(self, topic: Topic) -> Callable[[Any], None]:
        """Return a function that sends one record."""
        publisher = self.create_publisher(
            topic.type, topic.name, topic.qos,
            event_callbacks=PublisherEventCallbacks(incompatible_qos=self._incompatible(topic)),
        )  # fmt: skip
        make, publish = topic.to_msg, publisher.publish
        return publish if make is None else lambda record: publish(make(record))

    def listen(self, topic: Topic, callback: Callable[[Any], None]) -> None:
        """Call `callback` with every record of the topic; a bad message counts as none."""
        self.create_subscription(
            topic.type, topic.name, self._guarded(topic, callback), topic.qos,
            event_callbacks=SubscriptionEventCallbacks(incompatible_qos=self._incompatible(topic)),
        )  # fmt: skip

    def _guarded(self, topic: Topic, callback: Callable[[Any], None]) -> Callable[[Any], None]:
        read = topic.from_msg
        if read is None:
            return callback

        def receive(message: Any) -> None:
            try:
                record = read(message)
            except BadMessage as bad:
                self.complain(f'{topic.name}: {bad}')
            else:
                callback(record)

        return receive

    def complain(self, text: str) -> None:
        """Log an error, at most once a second."""
        self.get_logger().error(text, throttle_duration_sec=1.0)

    def _incompatible(self, topic: Topic) -> Callable[[Any], None]:
        def report(event: Any) -> None:
            self.problem = f'someone uses {topic.name} with a QoS that does not fit'
            self.get_logger().error(f'{self.problem} (policy {event.last_policy_kind})')

        return report

    # -- lifecycle -----------------------------------------------------------------------------

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        try:
            self.configure()
        except UserError as error:
            self.get_logger().fatal(f'cannot configure: {error}')
            return TransitionCallbackReturn.FAILURE
        except Exception as error:  # noqa: BLE001 - rclpy would turn it into ERROR without a word
            self.get_logger().fatal(f'cannot configure: {type(error).__name__}: {error}')
            return TransitionCallbackReturn.FAILURE
        gc.collect()
        gc.freeze()  # what was loaded stays: no long collections in the loop
        self._state = 'inactive'
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        self.start()
        self._state = 'active'
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
        self._state = 'inactive'
        self.safe_stop()

    def _cycle(self) -> None:
        began = perf_counter()
        self.tick()
        self._cycle_last = (perf_counter() - began) * 1e3
        self._cycle_max = max(self._cycle_max, self._cycle_last)

    def _beat(self) -> None:
        is_active = self._state == 'active'
        detail = self.problem or self.remark if is_active else f'is {self._state}'
        self._send_beat(
            Heartbeat(
                self.now, self.name, self._beats, is_active and not self.problem,
                self._cycle_last, self._cycle_max, detail, self._state,
            )
        )  # fmt: skip
        self._beats += 1
        self._cycle_max = 0.0
