"""Messages at 100 Hz, written as bytes: what does not change is laid out once."""

from __future__ import annotations

from functools import lru_cache
from struct import pack
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vla_core.records.action import Target, Trajectory
from vla_core.records.safety import ShieldReport
from vla_core.records.sensing import JointState
from vla_ros.convert.cdr import ASKED, COUNT, CYCLE, LOOP, PLAIN, STEP, TIME
from vla_ros.convert.fields import BASE, split


def report(record: ShieldReport) -> bytes:
    """What the shield says of a cycle."""
    r, ages = record, record.ages.values()
    chunk = (r.chunk_seq, *split(r.chunk_stamp))
    body = bytearray(TIME.pack(*split(r.stamp)) + _string(BASE))
    _put(body, 8, CYCLE.pack(r.cycle, r.state, r.decision))
    _put(body, 4, _string(r.reason))
    _put(body, 4, _strings(r.rules))
    _put(body, 4, _string(r.tightest))
    _put(body, 8, STEP.pack(r.margin, r.change, r.speed_scale, r.separation, *chunk))
    _put(body, 4, _strings(tuple(r.ages)))
    _put(body, 4, COUNT.pack(len(ages)))
    _put(body, 8, pack(f'<{len(ages)}d', *ages) + LOOP.pack(r.loop_ms, r.period_ms))
    return PLAIN + bytes(body)


def target(record: Target) -> bytes:
    """What control asks of the arm now."""
    body = bytearray(TIME.pack(*split(record.stamp)) + _string(BASE))
    _put(body, 4, _string(record.task_id))
    _put_motion(body, record)
    seen = split(record.chunk_stamp)
    _put(body, 8, ASKED.pack(record.gripper, record.source, record.chunk_seq, *seen))
    return PLAIN + bytes(body)


def joints(record: JointState) -> bytes:
    """A JointState of positions and velocities."""
    body = bytearray(TIME.pack(*split(record.stamp)) + _string(''))
    _put_motion(body, record)
    _put(body, 4, COUNT.pack(0))  # no efforts
    return PLAIN + bytes(body)


def trajectory(record: Trajectory) -> bytes:
    """A JointTrajectory of positions and velocities."""
    times = record.time_from_start
    form = form_of(record.names, len(times))
    body = form.blank.copy()
    body.view('<f8')[form.reals] = np.concatenate((record.position, record.velocity), axis=1)
    body.view('<i4')[form.times] = [split(time) for time in (record.stamp, *times.tolist())]
    return PLAIN + body[: form.length].tobytes()


class Form(NamedTuple):
    """A trajectory without its numbers, and where they go."""

    blank: NDArray[np.uint8]  # behind the encapsulation, filled up to a multiple of 8
    length: int  # of the message's part of it
    reals: NDArray[np.intp]  # (k, 2n) in units of 8 bytes: positions, then velocities
    times: NDArray[np.intp]  # (k + 1, 2) in units of 4 bytes: s and ns of the stamp, of the points


@lru_cache(maxsize=256)
def form_of(names: tuple[str, ...], count: int) -> Form:
    """The form of a trajectory of `count` points."""
    body = bytearray(8) + _string('')  # the stamp, the frame
    _put(body, 4, _strings(names))
    _put(body, 4, COUNT.pack(count))
    n, reals, times = len(names), [], [(0, 1)]
    for _ in range(count):
        row: list[int] = []
        for _ in range(2):
            body += COUNT.pack(n)
            _put(body, 8 if n else 4, b'')
            row += range(len(body) // 8, len(body) // 8 + n)
            body += bytes(8 * n)
        reals.append(row)
        body += bytes(8)  # no accelerations, no efforts
        times.append((len(body) // 4, len(body) // 4 + 1))
        body += bytes(8)
    length = len(body)
    _put(body, 8, b'')
    blank = np.frombuffer(bytes(body), np.uint8)
    places = np.array(reals, dtype=np.intp).reshape(count, 2 * n)
    return Form(blank, length, places, np.array(times, dtype=np.intp))


@lru_cache(maxsize=256)
def _strings(texts: tuple[str, ...]) -> bytes:
    """A sequence of strings, to begin at a multiple of 4."""
    body = bytearray(COUNT.pack(len(texts)))
    for text in texts:
        _put(body, 4, _string(text))
    return bytes(body)


def _string(text: str) -> bytes:
    coded = text.encode() + b'\0'
    return COUNT.pack(len(coded)) + coded


def _put_motion(body: bytearray, record: Target | JointState) -> None:
    """Add names, positions and velocities."""
    _put(body, 4, _strings(record.names))
    for values in (record.position, record.velocity):
        _put(body, 4, COUNT.pack(len(values)))
        _put(body, 8 if len(values) else 1, np.asarray(values, '<f8').tobytes())


def _put(body: bytearray, size: int, data: bytes) -> None:
    """Add `data` at the next multiple of `size`."""
    body += bytes(-len(body) % size) + data
