"""The topics of one node. Subscriptions are emptied when the node works, not when a message comes.

rclpy builds a new wait set for every wake-up, which at 100 Hz and several topics costs more than
the work itself. Asking the subscriptions in `tick` makes one wake-up of many, and each message is
as fresh as before at the moment it is used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rclpy.callback_groups import CallbackGroup
from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy
from rclpy.subscription import Subscription

from vla_ros.convert.fields import BadMessage
from vla_ros.topics import Topic

BEST_EFFORT, RELIABLE = QoSReliabilityPolicy.BEST_EFFORT, QoSReliabilityPolicy.RELIABLE
VOLATILE, LATCHED = QoSDurabilityPolicy.VOLATILE, QoSDurabilityPolicy.TRANSIENT_LOCAL
MAX_TAKEN = 200  # messages of one topic taken at a time: a flood does not stop the node


class PolledCallbackGroup(CallbackGroup):
    """The executor neither waits for nor runs what is in this group."""

    def can_execute(self, entity: Any) -> bool:
        return False

    def beginning_execution(self, entity: Any) -> bool:
        return False

    def ending_execution(self, entity: Any) -> None:
        return None


@dataclass(frozen=True)
class PolledSubscription:
    """A subscription and what to do with each of its messages."""

    subscription: Subscription
    receive: Callable[[Any], None]


class Endpoints:
    """Makes the topics of `node`; `complain` hears of bad messages."""

    def __init__(self, node: Node, complain: Callable[[str], None]) -> None:
        self._node, self._complain = node, complain
        self._quiet = PolledCallbackGroup()
        self._inboxes: list[PolledSubscription] = []
        self._apart: list[Subscription] = []  # taken in between two cycles, by the executor
        self._publishers: list[Publisher] = []
        self._checked = 0

    def advertise(self, topic: Topic) -> Callable[[Any], None]:
        """Return a function that sends one record."""
        publisher = self._node.create_publisher(
            topic.type,
            topic.name,
            topic.qos,
            event_callbacks=PublisherEventCallbacks(use_default_callbacks=False),
        )
        self._publishers.append(publisher)
        make, publish = topic.to_bytes or topic.to_msg, publisher.publish
        return publish if make is None else lambda record: publish(make(record))

    def subscribe(
        self,
        topic: Topic,
        callback: Callable[[Any], None],
        refuse: Callable[[str], None] = lambda _: None,
        *,
        by_executor: bool = False,
    ) -> None:
        """Call `callback` with every record of the topic. A bad message counts as none; `refuse`
        hears what is wrong with it. `apart`: what is large and rare is taken in as it comes."""
        receive = self._checked_by(topic, callback, refuse)
        subscription = self._node.create_subscription(
            topic.type,
            topic.name,
            receive,
            topic.qos,
            callback_group=None if by_executor else self._quiet,
            event_callbacks=SubscriptionEventCallbacks(use_default_callbacks=False),
            raw=topic.from_bytes is not None,
        )
        if by_executor:
            self._apart.append(subscription)
        else:
            self._inboxes.append(PolledSubscription(subscription, receive))

    def _checked_by(
        self, topic: Topic, callback: Callable[[Any], None], refuse: Callable[[str], None]
    ) -> Callable[[Any], None]:
        read = topic.from_bytes or topic.from_msg
        if read is None:
            return callback

        def receive(message: Any) -> None:
            try:
                record = read(message)
            except BadMessage as bad:
                self._complain(f'{topic.name}: {bad}')
                refuse(str(bad))
            else:
                callback(record)

        return receive

    def drain(self, came: Callable[[int], None] | None = None) -> None:
        """Hand over every message that has come; `came` is told before each when that was, ns of
        the system's clock."""
        take_all(self._inboxes, came)

    def next_qos_mismatch(self) -> str:
        """Look at one topic, the next at each call; return whom it does not reach, or ''."""
        ends = [*self._publishers, *(i.subscription for i in self._inboxes), *self._apart]
        if not ends:
            return ''
        self._checked = (self._checked + 1) % len(ends)
        return self._mismatch_of(ends[self._checked])

    def first_qos_mismatch(self) -> str:
        """Look at every topic; return whom the first that does not fit does not reach, or ''."""
        ends = [*self._publishers, *(i.subscription for i in self._inboxes), *self._apart]
        return next(filter(None, map(self._mismatch_of, ends)), '')

    def _mismatch_of(self, end: Publisher | Subscription) -> str:
        if isinstance(end, Publisher):
            others = self._node.get_subscriptions_info_by_topic(end.topic_name)
            pairs = [(other, qos_mismatch(end.qos_profile, other.qos_profile)) for other in others]
        else:
            others = self._node.get_publishers_info_by_topic(end.topic_name)
            pairs = [(other, qos_mismatch(other.qos_profile, end.qos_profile)) for other in others]
        bad = [f'{other.node_name}: {reason}' for other, reason in pairs if reason]
        return f'{end.topic_name} does not reach everyone: {"; ".join(bad)}' if bad else ''


def take_all(inboxes: list[PolledSubscription], came: Callable[[int], None] | None = None) -> None:
    """Hand over what has come for each of them."""
    for inbox in inboxes:
        subscription = inbox.subscription
        with subscription.handle:
            for _ in range(MAX_TAKEN):
                taken = subscription.handle.take_message(subscription.msg_type, subscription.raw)
                if taken is None:
                    break
                if came is not None:
                    came(taken[1]['received_timestamp'])
                inbox.receive(taken[0])


def qos_mismatch(offered: QoSProfile, asked: QoSProfile) -> str:
    """Return why a subscription `asked` gets nothing from a publisher `offered`; '' when it does.

    Deadline and liveliness are not compared: we use neither.
    """
    if offered.reliability == BEST_EFFORT and asked.reliability == RELIABLE:
        return 'best effort offered, reliable asked'
    if offered.durability == VOLATILE and asked.durability == LATCHED:
        return 'volatile offered, latched asked'
    return ''
