"""What goes over the wire at 100 Hz, read and written past rclpy's Python messages: the same bytes
(OMG CDR, little-endian), a third of the time (`docs/results.md`).

Anything but plain little-endian CDR goes through rclpy.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from struct import Struct, error
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from rclpy._rclpy_pybind11 import RMWError
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import JointState as JointStateMsg

from vla_core.action import Source, Target, Trajectory
from vla_core.frozen import Array
from vla_core.sensing import JointState
from vla_interfaces import msg
from vla_ros.convert.action import target_from_msg
from vla_ros.convert.fields import BadMessage, member, stamped, vector
from vla_ros.convert.sensing import joints_from_msg

R = TypeVar('R')
PLAIN = b'\0\1\0\0'  # encapsulation: CDR, little-endian; alignment counts from behind it
BODY = len(PLAIN)
COUNT, TIME, REAL = Struct('<I'), Struct('<iI'), Struct('<d')
WHOLE = Struct('<q')


class Texts:
    """Reads a sequence of strings that seldom changes; it is compared, not decoded again."""

    def __init__(self) -> None:
        self._bytes = b''
        self._texts: tuple[str, ...] = ()

    def read(self, data: bytes, at: int) -> tuple[tuple[str, ...], int]:
        """(the strings of a sequence at or after `at`, where it ends)."""
        at = _aligned(at, 4)
        if self._bytes and data.startswith(self._bytes, at):
            return self._texts, at + len(self._bytes)
        (count,) = COUNT.unpack_from(data, at)
        texts, end = [], at + 4
        for _ in range(count):
            text, end = _text(data, end)
            texts.append(text)
        self._texts, self._bytes = tuple(texts), data[at:end]
        return self._texts, end


_JOINTS, _TARGET = Texts(), Texts()


def _plain(read: Callable[[bytes], R], kind: type, usual: Callable[[Any], R]) -> Callable[..., R]:
    """`read` for plain CDR, else `usual` after rclpy; bytes that end too soon are a BadMessage."""

    @wraps(read)
    def checked(data: bytes) -> R:
        try:
            if data[:2] == PLAIN[:2]:
                return read(data)
            return usual(deserialize_message(data, kind))
        except (error, IndexError, ValueError, RMWError) as cause:
            raise BadMessage(f'its {len(data)} bytes are no {kind.__name__}: {cause}') from None

    return checked


def _joints(data: bytes) -> JointState:
    stamp, at = _header(data)
    names, at = _JOINTS.read(data, at)
    position, at = _reals(data, at)
    velocity, _ = _reals(data, at)
    n = len(names)
    position, velocity = vector(position, n, 'position'), vector(velocity, n, 'velocity')
    return JointState(stamped(*stamp), names, position, velocity)


def _target(data: bytes) -> Target:
    stamp, at = _header(data)
    task, at = _text(data, at)
    names, at = _TARGET.read(data, at)
    position, at = _reals(data, at)
    velocity, at = _reals(data, at)
    if len(position) != len(names) or len(velocity) != len(names):
        raise BadMessage('position, velocity and names differ in length')
    at = _aligned(at, 8)
    (gripper,) = REAL.unpack_from(data, at)
    source = member(Source, data[at + 8], 'source')
    (chunk,) = WHOLE.unpack_from(data, at + 16)
    sec, nanosec = TIME.unpack_from(data, at + 24)
    asked = sec + nanosec * 1e-9
    return Target(
        stamped(*stamp), task, names, position, velocity, gripper, source, chunk, asked
    )  # fmt: skip


joints_from_bytes = _plain(_joints, JointStateMsg, joints_from_msg)
target_from_bytes = _plain(_target, msg.Target, target_from_msg)


def trajectory_to_bytes(record: Trajectory) -> bytes:
    """A JointTrajectory of positions and velocities."""
    times = record.time_from_start
    form = _form(record.names, len(times))
    body = form.blank.copy()
    body.view('<f8')[form.reals] = np.concatenate((record.position, record.velocity), axis=1)
    when = np.empty(len(times) + 1)
    when[0], when[1:] = record.stamp, times
    whole = np.floor(when)
    rest = np.rint((when - whole) * 1e9)
    whole += rest >= 1e9
    rest[rest >= 1e9] = 0.0
    words = body.view('<u4')
    words[form.times] = whole.astype(np.int32).view(np.uint32)
    words[form.times + 1] = rest
    return PLAIN + body[: form.length].tobytes()


class _Form(NamedTuple):
    """A trajectory without its numbers, and where they go."""

    blank: NDArray[np.uint8]  # behind the encapsulation, filled up to a multiple of 8
    length: int  # of the message's part of it
    reals: NDArray[np.intp]  # (k, 2n) in units of 8 bytes: positions, then velocities
    times: NDArray[np.intp]  # (k + 1,) in units of 4 bytes: the stamp, then of the points


@lru_cache(maxsize=256)
def _form(names: tuple[str, ...], count: int) -> _Form:
    body = bytearray(8)  # the stamp
    for text in ('', None, *names):  # the frame, how many names, the names
        _pad(body, 4)
        coded = b'' if text is None else text.encode() + b'\0'
        body += COUNT.pack(len(names) if text is None else len(coded)) + coded
    _pad(body, 4)
    body += COUNT.pack(count)
    n, reals, times = len(names), [], [0]
    for _ in range(count):
        row: list[int] = []
        for _ in range(2):
            body += COUNT.pack(n)
            _pad(body, 8 if n else 4)
            row += range(len(body) // 8, len(body) // 8 + n)
            body += bytes(8 * n)
        reals.append(row)
        body += bytes(8)  # no accelerations, no efforts
        times.append(len(body) // 4)
        body += bytes(8)
    length = len(body)
    _pad(body, 8)
    blank = np.frombuffer(bytes(body), np.uint8)
    places = np.array(reals, dtype=np.intp).reshape(count, 2 * n)
    return _Form(blank, length, places, np.array(times, dtype=np.intp))


def _pad(body: bytearray, size: int) -> None:
    body += bytes(-len(body) % size)


def _aligned(at: int, size: int) -> int:
    return at + (BODY - at) % size


def _header(data: bytes) -> tuple[tuple[int, int], int]:
    """((s, ns), where it ends)."""
    _, at = _text(data, BODY + 8)
    return TIME.unpack_from(data, BODY), at


def _text(data: bytes, at: int) -> tuple[str, int]:
    at = _aligned(at, 4)
    (length,) = COUNT.unpack_from(data, at)
    end = at + 4 + length
    if length == 0 or end > len(data):
        raise ValueError(f'a string of {length} bytes at {at}')
    return data[at + 4 : end - 1].decode(), end


def _reals(data: bytes, at: int) -> tuple[Array, int]:
    at = _aligned(at, 4)
    (count,) = COUNT.unpack_from(data, at)
    at += 4
    if count == 0:
        return np.zeros(0), at
    at = _aligned(at, 8)
    return np.frombuffer(data, '<f8', count, at).astype(np.float64), at + 8 * count
