"""Records to the bytes that go over the wire and back, without a node."""

from __future__ import annotations

from typing import Any

from rclpy.serialization import deserialize_message, serialize_message

from vla_ros.topics import Topic


def message_to_bytes(message: Any) -> bytes:
    """A message as CDR."""
    return bytes(serialize_message(message))


def message_from_bytes(data: bytes, kind: type) -> Any:
    """The message of that class in CDR bytes."""
    return deserialize_message(data, kind)


def to_bytes(topic: Topic, record: Any) -> bytes:
    """A record as the CDR bytes that `topic` carries."""
    if topic.to_bytes is not None:
        return topic.to_bytes(record)
    return message_to_bytes(record if topic.to_msg is None else topic.to_msg(record))


def from_bytes(topic: Topic, data: bytes) -> Any:
    """The record in CDR bytes of `topic`; raises BadMessage as the node at the other end would."""
    if topic.from_bytes is not None:
        return topic.from_bytes(data)
    message = message_from_bytes(data, topic.type)
    return message if topic.from_msg is None else topic.from_msg(message)


def type_name(message_type: type) -> str:
    """'sensor_msgs/msg/Image' of a message class."""
    return f'{message_type.__module__.split(".")[0]}/msg/{message_type.__name__}'
