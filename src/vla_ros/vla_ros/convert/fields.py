"""Conversions and checks of single fields.

Scalars are cast to Python types before they are sent: rclpy aborts on a NumPy scalar.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from enum import IntEnum
from typing import Any, TypeVar

import numpy as np
from builtin_interfaces.msg import Duration, Time
from std_msgs.msg import Header

E = TypeVar('E', bound=IntEnum)
BASE = 'base_link'  # frame of a table that is not built for a robot; see Topic.in_frame


class BadMessage(Exception):  # noqa: N818 - the message is bad, nothing has failed
    """The message is dropped; the text is the reason."""


def time_msg(stamp: float) -> Time:
    """Return ROS time of `stamp` s."""
    whole, rest = split(stamp)
    return Time(sec=whole, nanosec=rest)


def duration_msg(length: float) -> Duration:
    """Return a duration of `length` s."""
    whole, rest = split(length)
    return Duration(sec=whole, nanosec=rest)


def split(time: float) -> tuple[int, int]:
    """Return whole s and ns of `time` s."""
    whole = math.floor(float(time))
    rest = round((float(time) - whole) * 1e9)
    return (whole, rest) if rest < 1_000_000_000 else (whole + 1, 0)


def seconds(stamp: Time | Duration) -> float:
    """Return s of ROS time; today's times have a resolution of 0.3 µs as a float."""
    return joined(stamp.sec, stamp.nanosec)


def joined(sec: int, nanosec: int) -> float:
    """Return s; the inverse of `split`."""
    return float(sec + nanosec * 1e-9)


def header(stamp: float, frame: str) -> Header:
    """Return a header with `stamp` s."""
    return Header(stamp=time_msg(stamp), frame_id=frame)


def stamp_of(message: Any) -> float:
    """Return s of the header's stamp; BadMessage when it is zero."""
    return stamped(message.header.stamp.sec, message.header.stamp.nanosec)


def stamped(sec: int, nanosec: int) -> float:
    """Return s of a header's stamp; BadMessage when it is zero."""
    if sec == 0 and nanosec == 0:
        raise BadMessage('it has no stamp')
    return joined(sec, nanosec)


def member(kind: type[E], value: int, field: str) -> E:
    """Return `value` as a member of the enum `kind`."""
    try:
        return kind(value)
    except ValueError:
        raise BadMessage(f'{field} is {value}, not one of {[m.value for m in kind]}') from None


def floats(values: Any) -> array[float]:
    """Return the doubles of an array-like, without building a list."""
    return array('d', np.ascontiguousarray(values, dtype=np.float64).tobytes())


def vector(values: Sequence[float] | np.ndarray, length: int, field: str) -> np.ndarray:
    """Return (length,) doubles; BadMessage when the size is wrong or one is not finite."""
    sized(values, length, field)
    return finite(np.array(values, dtype=np.float64), field)


def sized(values: Sequence[float] | np.ndarray, length: int, field: str) -> None:
    """BadMessage unless there are `length` values."""
    if len(values) != length:
        raise BadMessage(f'{field} has {len(values)} values, names has {length}')


def finite(values: np.ndarray, field: str) -> np.ndarray:
    """Return `values`; BadMessage when one is not finite."""
    if not np.isfinite(values).all():
        raise BadMessage(f'{field} is not finite')
    return values


def number(value: float, field: str, lo: float = -math.inf, hi: float = math.inf) -> float:
    """Return a finite number within [lo, hi]."""
    if not (math.isfinite(value) and lo <= value <= hi):
        raise BadMessage(f'{field} is {value}')
    return float(value)
