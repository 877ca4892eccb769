"""Records to serialised messages and back, without a node."""

from __future__ import annotations

from typing import Any

from rclpy._rclpy_pybind11 import RMWError
from rclpy.serialization import deserialize_message, serialize_message

from vla_ros.convert.fields import BadMessage
from vla_ros.topics import Topic


def message_to_bytes(message: Any) -> bytes:
    """Return the CDR bytes of a message."""
    return bytes(serialize_message(message))


def message_from_bytes(data: bytes, kind: type) -> Any:
    """Return the message of class `kind` in CDR bytes; BadMessage when there is none."""
    try:
        return deserialize_message(data, kind)
    except RMWError as error:
        raise BadMessage(f'{len(data)} bytes are no {kind.__name__}: {error}') from None


def to_bytes(topic: Topic, record: Any) -> bytes:
    """Return the CDR bytes that `topic` carries for a record."""
    if topic.to_bytes is not None:
        return topic.to_bytes(record)
    return message_to_bytes(record if topic.to_msg is None else topic.to_msg(record))


def from_bytes(topic: Topic, data: bytes) -> Any:
    """Return the record in CDR bytes of `topic`; BadMessage as in a node that subscribes to it."""
    if topic.from_bytes is not None:
        return topic.from_bytes(data)
    message = message_from_bytes(data, topic.type)
    return message if topic.from_msg is None else topic.from_msg(message)


def type_name(message_type: type) -> str:
    """Return 'sensor_msgs/msg/Image' of a message class."""
    return f'{message_type.__module__.split(".")[0]}/msg/{message_type.__name__}'
