"""A message and its record, declared once: which field is which, how it is converted and checked.

A field needs an entry only when its type does not say enough: text, numbers, booleans, enums and
tuples of text are converted by their type hint, under the same name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import IntEnum
from operator import attrgetter
from typing import Any, Generic, TypeVar, get_type_hints

import numpy as np

from vla_ros.convert.fields import (
    BASE,
    BadMessage,
    finite,
    floats,
    framed,
    header,
    member,
    number,
    seconds,
    stamp_of,
    time_msg,
)

R = TypeVar('R')
Read = Callable[[Any, str], Any]  # message value, name for the error text → record value


def unchanged(value: Any, _: str = '') -> Any:
    return value


@dataclass(frozen=True)
class Field:
    """One field of the record that is one field of the message."""

    write: Callable[[Any], Any]  # record value → message value
    read: Read = unchanged
    path: str = ''  # in the message, dotted; '': the record's name


@dataclass(frozen=True)
class Spread:
    """One field of the record that is several fields of the message."""

    write: Callable[[Any], Mapping[str, Any]]  # record value → message fields
    read: Callable[[Any], Any]  # message → record value


TEXTS = Field(list, lambda value, _: tuple(value))
TIME = Field(time_msg, lambda value, _: seconds(value))
ARRAY = Field(floats, lambda value, name: finite(np.array(value, dtype=np.float64), name))
UNCHECKED_ARRAY = Field(floats, lambda value, _: np.array(value, dtype=np.float64))
BY_TYPE = {
    str: Field(unchanged),
    int: Field(int),  # rclpy aborts on a NumPy scalar: all are cast
    float: Field(float),
    bool: Field(bool),
    tuple[str, ...]: TEXTS,
}


def limited(lo: float = -np.inf, hi: float = np.inf) -> Field:
    """Return the entry of a finite number within [lo, hi]."""
    return Field(float, lambda value, name: number(value, name, lo, hi))


def enum(kind: type[IntEnum]) -> Field:
    return Field(int, lambda value, name: member(kind, value, name))


def stamp(frame: str = '', *, required: bool = True) -> Spread:
    """Return the entry of a header's stamp; `required`: a stamp of zero is an error."""
    read = stamp_of if required else lambda message: seconds(message.header.stamp)
    return Spread(lambda value: {'header': header(value, frame)}, read)


def nested(table: MessageTable[Any]) -> Field:
    return Field(table.to_msg, lambda value, _: table.from_msg(value))


def sequence(table: MessageTable[Any]) -> Field:
    return Field(
        lambda records: [table.to_msg(record) for record in records],
        lambda messages, _: tuple(table.from_msg(message) for message in messages),
    )


def in_base(message: Any) -> None:
    """BadMessage unless the header's frame is base_link."""
    framed(message, BASE)


def equal_lengths(*names: str) -> Callable[[Any], None]:
    """Return a check that sequences of a message are equally long."""
    *first, last = names
    text = f'{", ".join(first)} and {last} differ in length'

    def check(message: Any) -> None:
        if len({len(getattr(message, name)) for name in names}) != 1:
            raise BadMessage(text)

    return check


class MessageTable(Generic[R]):
    """Converts records to messages and back by the entries of their fields.

    `checks` raise BadMessage for a message that is bad as a whole, before any field is read.
    """

    def __init__(
        self,
        record: type[R],
        message: type,
        *checks: Callable[[Any], None],
        **entries: Field | Spread,
    ) -> None:
        self.record, self.message, self._checks = record, message, checks
        hints = get_type_hints(record)
        self._write: list[tuple[str, Callable[[Any, Any], None]]] = []
        self._read: list[tuple[str, Callable[[Any], Any]]] = []
        for name in (field.name for field in fields(record)):  # type: ignore[arg-type]
            entry = entries.get(name) or _by_type(hints[name])
            self._write.append((name, _writer(entry, name)))
            self._read.append((name, _reader(entry, name)))

    def to_msg(self, record: R) -> Any:
        message = self.message()
        for name, write in self._write:
            write(message, getattr(record, name))
        return message

    def from_msg(self, message: Any) -> R:
        """Return the record; BadMessage says what is wrong with the message."""
        for check in self._checks:
            check(message)
        return self.record(**{name: read(message) for name, read in self._read})


def _by_type(hint: Any) -> Field:
    if isinstance(hint, type) and issubclass(hint, IntEnum):
        return enum(hint)
    return BY_TYPE[hint]


def _writer(entry: Field | Spread, name: str) -> Callable[[Any, Any], None]:
    convert = entry.write
    if isinstance(entry, Spread):

        def spread(message: Any, value: Any) -> None:
            for leaf, part in convert(value).items():
                setattr(message, leaf, part)

        return spread
    *owners, leaf = (entry.path or name).split('.')
    if not owners:
        return lambda message, value: setattr(message, leaf, convert(value))
    owner = attrgetter('.'.join(owners))
    return lambda message, value: setattr(owner(message), leaf, convert(value))


def _reader(entry: Field | Spread, name: str) -> Callable[[Any], Any]:
    if isinstance(entry, Spread):
        return entry.read
    get, convert = attrgetter(entry.path or name), entry.read
    return get if convert is unchanged else lambda message: convert(get(message), name)
