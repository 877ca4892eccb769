"""Corruption of one stream of messages; deterministic by seed.

Only the fields of the ROS messages are used. Times are in s, of one clock, given by the caller.
"""

from __future__ import annotations

import copy
import random
import struct
from array import array
from collections.abc import Iterator
from math import inf, isfinite, nan
from typing import Any

from vla_sim.faults.corruption_script import NONE, Corruption, CorruptionKind

PLAIN = {'double': ('<d', 64), 'float': ('<f', 32)}  # layout, bits
BURST = 100  # largest number of messages sent at once at a raised rate


class MessageCorruptor:
    """`put` returns the messages to send on reception, `due` those to send by time."""

    def __init__(self, seed: int = 0) -> None:
        self._rng = random.Random(seed)
        self.corruption = NONE
        self._waiting: list[tuple[float, Any]] = []  # s of sending, message
        self._group: list[Any] = []
        self._newest: Any = None
        self._next = -inf  # s, next message at a fixed rate

    def inject(self, corruption: Corruption, now: float) -> list[Any]:
        """Set the corruption; returns the delayed messages, to be sent now."""
        left = [*(message for _, message in self._waiting), *self._group]
        self._waiting, self._group = [], []
        self.corruption, self._newest, self._next = corruption, None, now
        return left

    @property
    def needs_time(self) -> bool:
        """True while messages are sent by time."""
        return self.corruption.kind in (CorruptionKind.DELAY, CorruptionKind.RATE)

    def put(self, message: Any, now: float) -> list[Any]:
        """Return the messages to send for a received one."""
        corruption = self.corruption
        if corruption.kind == CorruptionKind.NONE or not corruption.applies_to(message):
            return [message]
        if corruption.kind == CorruptionKind.DELAY:
            self._waiting.append((now + corruption.amount, message))
            return []
        if corruption.kind == CorruptionKind.RATE:
            self._newest = message
            return []
        return self._corrupted(message)

    def due(self, now: float) -> list[Any]:
        """Return the messages due at `now`."""
        if self.corruption.kind == CorruptionKind.RATE:
            return list(self._repeated(now))
        ready = [message for at, message in self._waiting if at <= now]
        self._waiting = [entry for entry in self._waiting if entry[0] > now]
        return ready

    def _repeated(self, now: float) -> Iterator[Any]:
        period = 1.0 / self.corruption.amount
        self._next = max(self._next, now - BURST * period)
        while self._newest is not None and self._next <= now:
            self._next += period
            yield self._newest

    def _corrupted(self, message: Any) -> list[Any]:
        corruption = self.corruption
        if corruption.kind == CorruptionKind.DROP:
            return [] if self._rng.random() < corruption.amount else [message]
        if corruption.kind == CorruptionKind.DUPLICATE:
            return [message, message]
        if corruption.kind == CorruptionKind.REORDER:
            return self._reordered(message)
        if corruption.kind == CorruptionKind.FREEZE:
            self._newest = message if self._newest is None else self._newest
            frozen = copy.deepcopy(self._newest)
            frozen.header.stamp = message.header.stamp
            return [frozen]
        return [self._changed(copy.deepcopy(message))]

    def _changed(self, message: Any) -> Any:
        """Corrupt a message in place; the caller passes a copy."""
        corruption = self.corruption
        if corruption.kind == CorruptionKind.SHIFT:
            _shift(message.header.stamp, corruption.amount)
        elif corruption.kind == CorruptionKind.FLIP:
            self._flip(message)
        elif corruption.kind == CorruptionKind.REVERSE:
            _rename(message, slice(None, None, -1))
        elif corruption.kind == CorruptionKind.LACK:
            _rename(message, slice(-1))
        elif corruption.kind in (CorruptionKind.NARROW, CorruptionKind.WIDEN):
            _resize(message, corruption.field, corruption.kind == CorruptionKind.WIDEN)
        elif corruption.kind == CorruptionKind.RELABEL:
            _relabel(message, corruption.field)
        else:
            for place in places(message, corruption.field):
                place.write(nan if corruption.kind == CorruptionKind.NAN else inf)
        return message

    def _reordered(self, message: Any) -> list[Any]:
        self._group.append(message)
        if len(self._group) < self.corruption.amount:
            return []
        group, self._group = self._group, []
        while len(group) > 1 and group[0] is not message:
            self._rng.shuffle(group)  # until the newest is first
        return group

    def _flip(self, message: Any) -> None:
        found = places(message, self.corruption.field)
        if not found:
            return
        place = self._rng.choice(found)
        layout, width = PLAIN[place.kind]
        chosen = self._rng.randrange(width)
        bit = int(self.corruption.value) % width if isfinite(self.corruption.value) else chosen
        size = width // 8
        bits = int.from_bytes(struct.pack(layout, place.read()), 'little') ^ (1 << bit)
        place.write(struct.unpack(layout, bits.to_bytes(size, 'little'))[0])


class FieldPath:
    """One float in a message."""

    def __init__(self, owner: Any, key: str | int, kind: str) -> None:
        self.owner, self.key, self.kind = owner, key, kind

    def read(self) -> float:
        key = self.key
        return float(getattr(self.owner, key) if isinstance(key, str) else self.owner[key])

    def write(self, value: float) -> None:
        if isinstance(self.key, str):
            object.__setattr__(
                self.owner, f'_{self.key}', value
            )  # bypasses the check of the setter
        else:
            self.owner[self.key] = value


def places(message: Any, only: str = '') -> list[FieldPath]:
    """All floats of a message without its header; `only` limits them to one field."""
    found: list[FieldPath] = []
    for name, kind in message.get_fields_and_field_types().items():
        if (only and name != only) or name == 'header':
            continue
        value = getattr(message, name)
        if kind in PLAIN:
            found.append(FieldPath(message, name, kind))
        elif hasattr(value, 'get_fields_and_field_types'):
            found += places(value)
        else:
            found += _in_array(value, kind)
    return found


def _in_array(values: Any, kind: str) -> list[FieldPath]:
    inner = _inner(kind)
    if inner in PLAIN:
        return [FieldPath(values, k, inner) for k in range(len(values))]
    if isinstance(values, list):
        parts = [v for v in values if hasattr(v, 'get_fields_and_field_types')]
        return [place for part in parts for place in places(part)]
    return []


def _inner(kind: str) -> str:
    """Element type of a sequence or an array."""
    return kind.removeprefix('sequence<').split('>')[0].split('[')[0].split(',')[0]


def _shift(stamp: Any, by: float) -> None:
    total = stamp.sec * 1_000_000_000 + stamp.nanosec + round(by * 1e9)
    stamp.sec, stamp.nanosec = divmod(max(total, 0), 1_000_000_000)


def _rename(message: Any, kept: slice) -> None:
    """Apply a slice to the joint names and to every array with one value per joint."""
    n = len(names) if (names := getattr(message, 'names', None)) else -1
    for field in message.get_fields_and_field_types():
        value = getattr(message, field)
        if hasattr(value, '__len__') and not isinstance(value, str) and len(value) == n:
            setattr(message, field, value[kept])


def _resize(message: Any, only: str, is_longer: bool) -> None:
    """Append a zero to sequences of floats, or drop their last; `only` limits it to one field."""
    for field, kind in message.get_fields_and_field_types().items():
        value = getattr(message, field)
        if isinstance(value, array) and (not only or field == only) and _inner(kind) in PLAIN:
            more = array(value.typecode, [0.0])
            setattr(message, field, value + more if is_longer else value[:-1])


def _relabel(message: Any, only: str) -> None:
    """Change the last character of strings; `only` limits it to one field."""
    for field, kind in message.get_fields_and_field_types().items():
        value = getattr(message, field)
        if kind == 'string' and (not only or field == only):
            setattr(message, field, value[:-1] + ('0' if value[-1:] != '0' else '1'))
