"""A message and its record, declared once: which field is which, how it is converted and checked.

A field needs an entry only when its type hint is insufficient: text, numbers, booleans, enums and
tuples of text are converted by that hint, under the same name. Both directions, for rclpy's
message and for its CDR bytes, are compiled from the entries.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import IntEnum
from functools import partial
from struct import error
from typing import Any, Generic, TypeVar, get_type_hints

import numpy as np
from rclpy._rclpy_pybind11 import RMWError
from rclpy.serialization import deserialize_message

from vla_ros.convert import cdr
from vla_ros.convert.fields import (
    BadMessage,
    finite,
    floats,
    joined,
    member,
    number,
    split,
    stamped,
)

R = TypeVar('R')
Values = Callable[..., Any]


@dataclass(frozen=True)
class Entry:
    """One field of a record and the fields of the message that hold it."""

    write: Callable[[Any], Any] | None  # record value → message value, a tuple for several paths
    read: Values | None = None  # message values, then the field's name → record value
    paths: tuple[str, ...] = ()  # in the message, dotted; empty: the record's name
    also: tuple[str, ...] = ()  # further paths that `read` takes


@dataclass(frozen=True)
class MessageCheck:
    """Raises BadMessage for values that are bad together."""

    check: Values
    paths: tuple[str, ...]


TEXTS = Entry(list, lambda value, _: tuple(value))
ARRAY = Entry(floats, lambda value, name: finite(np.array(value, dtype=np.float64), name))
UNCHECKED_ARRAY = Entry(floats, lambda value, _: np.array(value, dtype=np.float64))
BY_TYPE = {
    str: Entry(None),
    int: Entry(int),  # rclpy aborts on a NumPy scalar: all are cast
    float: Entry(float),
    bool: Entry(bool),
    tuple[str, ...]: TEXTS,
}


def limited(lo: float = -np.inf, hi: float = np.inf) -> Entry:
    """Return the entry of a finite number within [lo, hi]."""
    return Entry(float, lambda value, name: number(value, name, lo, hi))


def enum(kind: type[IntEnum]) -> Entry:
    return Entry(int, partial(member, kind))


def time(name: str) -> Entry:
    """Return the entry of a ROS time in the field `name`."""
    paths = (f'{name}.sec', f'{name}.nanosec')
    return Entry(split, lambda sec, nanosec, _: joined(sec, nanosec), paths)


def stamp(frame: str = '', *, required: bool = True, read: Values | None = None) -> Entry:
    """Return the entry of a header's stamp; `required`: a stamp of zero is an error."""
    read = read or (stamped if required else joined)
    return Entry(
        lambda value: (*split(value), frame),
        lambda sec, nanosec, frame_id, name: read(sec, nanosec),
        ('header.stamp.sec', 'header.stamp.nanosec', 'header.frame_id'),
    )


def nested(table: MessageTable[Any]) -> Entry:
    return Entry(table.to_msg, lambda value, _: table.from_msg(value))


def sequence(table: MessageTable[Any]) -> Entry:
    return Entry(
        lambda records: [table.to_msg(record) for record in records],
        lambda messages, _: tuple(table.from_msg(message) for message in messages),
    )


def framed(frame: str) -> MessageCheck:
    """Return a check that the header names `frame`."""

    def check(frame_id: str) -> None:
        if frame_id != frame:
            raise BadMessage(f'frame is {frame_id!r}, must be {frame!r}')

    return MessageCheck(check, ('header.frame_id',))


def equal_lengths(*names: str) -> MessageCheck:
    """Return a check that sequences of a message are equally long."""
    *first, last = names
    text = f'{", ".join(first)} and {last} differ in length'

    def check(*values: Any) -> None:
        if len(set(map(len, values))) != 1:
            raise BadMessage(text)

    return MessageCheck(check, names)


class MessageTable(Generic[R]):
    """Converts records to messages and CDR bytes, and back."""

    def __init__(
        self, record: type[R], message: type, *checks: MessageCheck, **entries: Entry
    ) -> None:
        self.record, self.message, self._checks = record, message, checks
        self._entries: dict[str, Entry] = {}
        hints = get_type_hints(record)
        for name in (field.name for field in fields(record)):  # type: ignore[arg-type]
            entry = entries.get(name) or by_type(hints[name])
            paths = entry.paths or (name,)
            self._entries[name] = Entry(entry.write, entry.read, paths, entry.also)
        self.to_msg: Callable[[R], Any] = self._compile_to_msg()
        self.from_msg: Callable[[Any], R] = self._compile_from_msg()
        if cdr.is_supported(message):
            self.to_bytes: Callable[[R], bytes] = self._compile_to_bytes()
            self._read: Callable[[bytes], R] = self._compile_from_bytes()

    def from_bytes(self, data: bytes) -> R:
        """Return the record in CDR bytes; BadMessage when there is none."""
        try:
            if data[:2] == cdr.PLAIN[:2]:
                return self._read(data[len(cdr.PLAIN) :])
            return self.from_msg(deserialize_message(data, self.message))
        except (error, ValueError, RMWError) as cause:
            text = f'{len(data)} bytes are no {self.message.__name__}: {cause}'
            raise BadMessage(text) from None

    def _compile_to_msg(self) -> Callable[[R], Any]:
        known: dict[str, Any] = {'Message': self.message}
        lines = ['message = Message()']
        for name, entry in self._entries.items():
            targets = ', '.join(f'message.{path}' for path in entry.paths)
            lines.append(f'{targets} = {self._written(name, entry, known)}')
        return compiled('to_msg', 'record', [*lines, 'return message'], known)

    def _compile_from_msg(self) -> Callable[[Any], R]:
        known: dict[str, Any] = {}
        lines = self._reading(lambda path: f'message.{path}', known)
        return compiled('from_msg', 'message', lines, known)

    def _compile_to_bytes(self) -> Callable[[R], bytes]:
        known: dict[str, Any] = {'PLAIN': cdr.PLAIN}
        lines, values = list[str](), dict[str, str]()
        for name, entry in self._entries.items():
            variables = [f'{name}_{k}' for k in range(len(entry.paths))]
            lines.append(f'{", ".join(variables)} = {self._written(name, entry, known)}')
            values |= dict(zip(entry.paths, variables, strict=True))
        lines += [*cdr.writing(self.message, values, known), 'return PLAIN + bytes(body)']
        return compiled('to_bytes', 'record', lines, known)

    def _compile_from_bytes(self) -> Callable[[bytes], R]:
        known: dict[str, Any] = {}
        used = [entry.paths + entry.also for entry in self._entries.values()]
        used += [check.paths for check in self._checks]
        lines, variables = cdr.reading(self.message, set(sum(used, ())), known)
        return compiled('read', 'data', lines + self._reading(variables.__getitem__, known), known)

    def _written(self, name: str, entry: Entry, known: dict[str, Any]) -> str:
        """Return the expression of a record's field as the message holds it."""
        if entry.write is None:
            return f'record.{name}'
        known[f'write_{name}'] = entry.write
        return f'write_{name}(record.{name})'

    def _reading(self, value_of: Callable[[str], str], known: dict[str, Any]) -> list[str]:
        """Return statements that check the values of a message and return the record."""
        lines = []
        for k, check in enumerate(self._checks):
            known[f'check_{k}'] = check.check
            lines.append(f'check_{k}({", ".join(map(value_of, check.paths))})')
        arguments = []
        for name, entry in self._entries.items():
            values = ', '.join(map(value_of, entry.paths + entry.also))
            if entry.read is not None:
                known[f'read_{name}'] = entry.read
                values = f'read_{name}({values}, {name!r})'
            arguments.append(f'{name}={values}')
        known['Record'] = self.record
        return [*lines, f'return Record({", ".join(arguments)})']


def by_type(hint: Any) -> Entry:
    """Return the entry of a field that its type hint describes."""
    if isinstance(hint, type) and issubclass(hint, IntEnum):
        return enum(hint)
    return BY_TYPE[hint]


def compiled(name: str, argument: str, lines: list[str], known: dict[str, Any]) -> Any:
    """Return the function of these statements; as straight-line code, because every call counts
    when the caches are cold (decision 008)."""
    source = '\n    '.join([f'def {name}({argument}):', *lines])
    exec(compile(source, f'<{name} by table>', 'exec'), known)  # as dataclasses do
    return known[name]
