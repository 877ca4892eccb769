"""Messages at 100 Hz, written as bytes: what does not change is laid out once."""

from __future__ import annotations

from functools import lru_cache
from struct import pack
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vla_core.action import Trajectory
from vla_core.safety import ShieldReport
from vla_ros.convert.cdr import COUNT, CYCLE, LOOP, PLAIN, STEP, TIME
from vla_ros.convert.fields import BASE, split


def report(record: ShieldReport) -> bytes:
    """What the shield says of a cycle."""
    body = bytearray(TIME.pack(*split(record.stamp)) + _string(BASE))
    _pad(body, 8)
    body += CYCLE.pack(record.cycle, record.state, record.decision)
    _pad(body, 4)
    body += _string(record.reason)
    _pad(body, 4)
    body += _strings(record.rules)
    _pad(body, 4)
    body += _string(record.tightest)
    _pad(body, 8)
    body += STEP.pack(
        record.margin, record.change, record.speed_scale, record.separation, record.chunk_seq,
        *split(record.chunk_stamp),
    )  # fmt: skip
    body += _strings(tuple(record.ages))
    _pad(body, 4)
    ages = record.ages.values()
    body += COUNT.pack(len(ages))
    _pad(body, 8)
    body += pack(f'<{len(ages)}d', *ages) + LOOP.pack(record.loop_ms, record.period_ms)
    return PLAIN + bytes(body)


def trajectory(record: Trajectory) -> bytes:
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
    body = bytearray(8) + _string('')  # the stamp, the frame
    _pad(body, 4)
    body += _strings(names)
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


@lru_cache(maxsize=256)
def _strings(texts: tuple[str, ...]) -> bytes:
    """A sequence of strings, to begin at a multiple of 4."""
    body = bytearray(COUNT.pack(len(texts)))
    for text in texts:
        _pad(body, 4)
        body += _string(text)
    return bytes(body)


def _string(text: str) -> bytes:
    coded = text.encode() + b'\0'
    return COUNT.pack(len(coded)) + coded


def _pad(body: bytearray, size: int) -> None:
    body += bytes(-len(body) % size)
