"""Publishers and subscriptions of one node. Subscriptions are polled in the node's cycle.

rclpy builds a wait set for every wake-up, which at 100 Hz and several topics costs more than the
work itself. Polling in `tick` needs one wake-up per cycle, and a message is as new as before when
it is used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rclpy._rclpy_pybind11 import RMWError
from rclpy.callback_groups import CallbackGroup
from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from rclpy.subscription import Subscription
from rclpy.topic_endpoint_info import TopicEndpointInfo

from vla_core.robot.ros_names import absolute_name
from vla_ros.convert.fields import BadMessage
from vla_ros.entities import destroy
from vla_ros.qos import qos_mismatch
from vla_ros.refusals import Refusals, unexpected
from vla_ros.topics import ROBOT, Topic

MAX_TAKEN = 200  # messages of one topic per poll: a flood does not block the node


class PolledCallbackGroup(CallbackGroup):
    """The executor neither waits for nor runs entities of this group."""

    def can_execute(self, entity: Any) -> bool:
        return False

    def beginning_execution(self, entity: Any) -> bool:
        return False

    def ending_execution(self, entity: Any) -> None:
        return None


@dataclass(frozen=True)
class PolledSubscription:
    """A subscription, the callback for its messages, and one for a message that rclpy cannot
    deserialise."""

    subscription: Subscription
    receive: Callable[[Any], None]
    refuse: Callable[[str], None] = lambda _: None


class Endpoints:
    """Creates the publishers and subscriptions of `node`.

    No message ends the node: one that raises an exception is dropped and counted, and `log_error`
    is called with the reason.
    """

    def __init__(self, node: Node, log_error: Callable[[str], None]) -> None:
        self._node = node
        self.refusals = Refusals(log_error)
        self.frame = ''  # base frame of the robot, which messages with a place must carry
        self.number: int | None = None  # of the message being passed on, by its publisher
        self._polled_group = PolledCallbackGroup()
        self._polled: list[PolledSubscription] = []
        self._executed: list[Subscription] = []  # their callbacks are run by the executor
        self._publishers: list[Publisher] = []
        self._topics: dict[Publisher, Topic] = {}
        self._checked = 0
        self._mismatches: dict[Publisher | Subscription, str] = {}  # found by the last checks

    def advertise(self, topic: Topic) -> Callable[[Any], None]:
        """Return a function that publishes one record."""
        topic = topic.in_frame(self.frame)
        publisher = self._node.create_publisher(
            topic.type,
            topic.name,
            topic.qos,
            event_callbacks=PublisherEventCallbacks(use_default_callbacks=False),
        )
        self._publishers.append(publisher)
        self._topics[publisher] = topic
        make, publish = topic.to_bytes or topic.to_msg, publisher.publish
        return publish if make is None else lambda record: publish(make(record))

    def subscribe(
        self,
        topic: Topic,
        callback: Callable[[Any], None],
        refuse: Callable[[str], object] = lambda _: None,
        *,
        by_executor: bool = False,
    ) -> None:
        """Call `callback` with every record of the topic.

        A bad message is dropped, and `refuse` is called with the reason. `by_executor`: the
        executor calls on arrival, between cycles; for large messages at a low rate.
        """
        receive, drop = self.receiver(topic, callback, refuse)
        subscription = self._node.create_subscription(
            topic.type,
            topic.name,
            receive,
            topic.qos,
            callback_group=None if by_executor else self._polled_group,
            event_callbacks=SubscriptionEventCallbacks(use_default_callbacks=False),
            raw=topic.from_bytes is not None,
        )
        if by_executor:
            self._executed.append(subscription)
        else:
            self._polled.append(PolledSubscription(subscription, receive, drop))

    def receiver(
        self, topic: Topic, callback: Callable[[Any], None], refuse: Callable[[str], object]
    ) -> tuple[Callable[[Any], None], Callable[[str], None]]:
        """Return the functions that take a message, and the reason why there is none."""
        topic = topic.in_frame(self.frame)
        read = topic.from_bytes or topic.from_msg

        def drop(reason: str) -> None:
            self.refusals.put(topic.name, reason)
            refuse(reason)

        def receive(message: Any) -> None:
            try:
                callback(message if read is None else read(message))
            except BadMessage as bad:
                drop(str(bad))
            except Exception as error:  # noqa: BLE001 - whatever it holds, a message ends no node
                drop(unexpected(error))

        return receive, drop

    def destroy(self, entities: list[Any]) -> None:
        """Destroy entities of the node, endpoints or others."""
        self._publishers = [p for p in self._publishers if p not in entities]
        self._topics = {p: topic for p, topic in self._topics.items() if p in self._publishers}
        self._executed = [s for s in self._executed if s not in entities]
        self._polled = [p for p in self._polled if p.subscription not in entities]
        destroy(self._node, entities)

    def drain(self, received_at: Callable[[int], None] | None = None) -> None:
        """Pass on every message received since the last call; `received_at` is called before each
        with its time of reception, ns of the system clock."""

        def note(info: dict[str, Any]) -> None:
            self.number = info.get('publication_sequence_number')
            if received_at is not None:
                received_at(info['received_timestamp'])

        take_all(self._polled, note)

    def publishers_of(self, topic: str) -> list[str]:
        """Return the full names of the nodes that publish `topic`."""
        return [full_name(peer) for peer in self._node.get_publishers_info_by_topic(topic)]

    def next_qos_mismatch(self) -> str:
        """Check one endpoint, the next at each call; return which peers an endpoint does not
        reach, or ''. A mismatch ends when the peer has left or changed."""
        endpoints = self._all()
        self._mismatches = {e: text for e, text in self._mismatches.items() if e in endpoints}
        if endpoints:
            self._checked = (self._checked + 1) % len(endpoints)
            endpoint = endpoints[self._checked]
            self._mismatches[endpoint] = self._mismatch_of(endpoint)
        return next(filter(None, self._mismatches.values()), '')

    def first_qos_mismatch(self) -> str:
        """Check every endpoint; return which peers the first mismatched one does not reach, or
        ''. The robot's driver is not checked: it may start later than a listener."""
        return next(filter(None, (self._mismatch_of(e, is_first=True) for e in self._all())), '')

    def _all(self) -> list[Publisher | Subscription]:
        return [*self._publishers, *(p.subscription for p in self._polled), *self._executed]

    def _mismatch_of(self, endpoint: Publisher | Subscription, *, is_first: bool = False) -> str:
        name, own = endpoint.topic_name, endpoint.qos_profile
        if isinstance(endpoint, Publisher):
            asked: dict[str, list[QoSProfile]] = {}
            for peer in self._readers(endpoint, is_first=is_first):
                asked.setdefault(full_name(peer), []).append(peer.qos_profile)
            pairs = [(node, _mismatch_of_all(own, profiles)) for node, profiles in asked.items()]
        else:
            peers, profiles = self._node.get_publishers_info_by_topic(name), self._asked(name)
            pairs = [(full_name(p), _mismatch_of_all(p.qos_profile, profiles)) for p in peers]
        bad = [f'{node}: {reason}' for node, reason in pairs if reason]
        return f'{name} does not reach every peer: {"; ".join(bad)}' if bad else ''

    def _asked(self, name: str) -> list[QoSProfile]:
        """Return the profiles of all subscriptions to one topic: one that receives is enough."""
        subscriptions = [*(p.subscription for p in self._polled), *self._executed]
        return [s.qos_profile for s in subscriptions if s.topic_name == name]

    def _readers(self, publisher: Publisher, *, is_first: bool) -> list[TopicEndpointInfo]:
        """Return the subscriptions that must receive what `publisher` sends: those of the stack's
        own nodes. A plotter or recorder that listens, too, is not waited for.

        The name of the robot's driver is not known: any subscription that the publisher reaches
        may be the driver's, so only if it reaches none are all of them returned.
        """
        peers = self._node.get_subscriptions_info_by_topic(publisher.topic_name)
        topic, namespace = self._topics[publisher], self._node.get_namespace().rstrip('/')
        known = {f'{namespace}/{reader}' for reader in topic.readers}
        found = [peer for peer in peers if full_name(peer) in known]
        if ROBOT not in topic.readers or is_first:
            return found
        mismatches = [qos_mismatch(publisher.qos_profile, peer.qos_profile) for peer in peers]
        return found if not all(mismatches) else list(peers)


def take_all(
    subscriptions: list[PolledSubscription],
    note: Callable[[dict[str, Any]], None] = lambda _: None,
) -> None:
    """Pass on what each subscription has received, at most MAX_TAKEN messages each; `note` is
    called before each with what DDS says of it."""
    for polled in subscriptions:
        subscription = polled.subscription
        with subscription.handle:
            for _ in range(MAX_TAKEN):
                try:
                    taken = subscription.handle.take_message(
                        subscription.msg_type, subscription.raw
                    )
                except RMWError as error:
                    polled.refuse(f'cannot be deserialised: {error}')
                    continue
                if taken is None:
                    break
                note(taken[1])
                polled.receive(taken[0])


def full_name(peer: TopicEndpointInfo) -> str:
    """Return '/namespace/node' of an endpoint."""
    return absolute_name(peer.node_name, peer.node_namespace)


def _mismatch_of_all(offered: QoSProfile, requested: list[QoSProfile]) -> str:
    """Return why none of a node's subscriptions receives anything; '' when one does."""
    mismatches = [qos_mismatch(offered, profile) for profile in requested]
    return mismatches[0] if mismatches and all(mismatches) else ''
