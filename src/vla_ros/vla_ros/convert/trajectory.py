"""Trajectories: the commands of the arm and the gripper."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rclpy._rclpy_pybind11 import RMWError
from rclpy.serialization import deserialize_message, serialize_message
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from vla_core.frozen import Array
from vla_core.records.action import COMMAND_HISTORY, Trajectory
from vla_ros.convert.fields import (
    BadMessage,
    duration_msg,
    floats,
    header,
    seconds,
    split,
    vector,
)

PERIOD = 0.01  # s, of the shield's commands
LITTLE_ENDIAN = bytes((0, 1, 0, 0))  # encapsulation of plain CDR


def trajectory_to_msg(record: Trajectory) -> JointTrajectory:
    n = len(record.names)
    position, velocity = floats(record.position), floats(record.velocity)
    return JointTrajectory(
        header=header(record.stamp, ''),
        joint_names=list(record.names),
        points=[
            JointTrajectoryPoint(
                positions=position[k * n : k * n + n],
                velocities=velocity[k * n : k * n + n],
                time_from_start=duration_msg(time),
            )
            for k, time in enumerate(record.time_from_start.tolist())
        ],
    )


def trajectory_from_msg(message: JointTrajectory) -> Trajectory:
    names, points = tuple(message.joint_names), message.points
    if not points or not names:
        raise BadMessage('the trajectory is empty')
    times = np.array([seconds(point.time_from_start) for point in points])
    if not (times[0] >= 0.0 and np.all(times[1:] > times[:-1])):
        raise BadMessage('time_from_start is negative or does not increase')
    n = len(names)
    position = np.array([vector(p.positions, n, 'positions') for p in points])
    velocity = np.array([vector(p.velocities, n, 'velocities') for p in points])
    stamp = seconds(message.header.stamp)
    return Trajectory(stamp, names, times, position, velocity, _next_row(stamp, times))


def _next_row(stamp: float, times: Array) -> int:
    """The row of the newest certified state, which a message does not name: the first one more
    than half a period after the message was sent."""
    sent = COMMAND_HISTORY if stamp != 0.0 and times[0] == 0.0 else 0.0
    row = int(np.searchsorted(times, sent + 0.6 * PERIOD))
    return min(row, len(times) - 1)


def trajectory_to_bytes(record: Trajectory) -> bytes:
    """Return the CDR bytes of the message without building it (decision 008)."""
    times = record.time_from_start.tolist()
    template = template_of(record.names, len(times))
    if template is None:
        return bytes(serialize_message(trajectory_to_msg(record)))
    rows = np.concatenate((record.position, record.velocity), axis=1)
    return template.filled(rows, [split(time) for time in (record.stamp, *times)])


class Template(NamedTuple):
    """The bytes of a trajectory, and the places of its numbers."""

    head: bytes  # encapsulation
    body: NDArray[np.uint8]  # padded to a multiple of 8 bytes
    length: int  # of the body without padding
    reals: NDArray[np.intp]  # (k, 2n) in units of 8 bytes: positions, then velocities
    times: NDArray[np.intp]  # (k + 1, 2) in units of 4 bytes: s and ns of stamp and points

    def filled(self, reals: Array, times: Sequence[tuple[int, int]]) -> bytes:
        body = self.body.copy()
        body.view('<f8')[self.reals] = reals
        body.view('<i4')[self.times] = times
        return self.head + body[: self.length].tobytes()


class _Body:
    """The bytes of a message behind its encapsulation, written field by field."""

    def __init__(self) -> None:
        self.data = bytearray()

    def uint(self, value: int) -> int:
        """Append; return the place in units of 4 bytes."""
        self.data.extend(bytes(-len(self.data) % 4) + value.to_bytes(4, 'little'))
        return len(self.data) // 4 - 1

    def text(self, value: str) -> None:
        data = value.encode() + b'\0'
        self.uint(len(data))
        self.data.extend(data)

    def reals(self, count: int) -> list[int]:
        """Append a sequence of zeros; return their places in units of 8 bytes."""
        self.uint(count)
        if count:
            self.data.extend(bytes(-len(self.data) % 8 + 8 * count))
        end = len(self.data) // 8
        return list(range(end - count, end))


@lru_cache(maxsize=256)
def template_of(names: tuple[str, ...], count: int) -> Template | None:
    """Return the template of `count` points; None when rclpy does not read it as it is written.

    Laid out by the rules of plain CDR (XCDR version 1, little-endian): a number stands at a
    multiple of its size, text and sequences begin with their length.
    """
    n, body = len(names), _Body()
    of_reals, of_times = [], [(body.uint(0), body.uint(0))]
    body.text('')  # frame_id
    body.uint(n)
    for name in names:
        body.text(name)
    body.uint(count)
    for _ in range(count):
        of_reals.append(body.reals(n) + body.reals(n))  # positions, velocities
        body.uint(0), body.uint(0)  # no accelerations, no effort
        of_times.append((body.uint(0), body.uint(0)))
    length = len(body.data)
    padded = np.frombuffer(body.data + bytes(-length % 8), np.uint8)
    template = Template(
        LITTLE_ENDIAN, padded, length, np.array(of_reals, np.intp), np.array(of_times)
    )
    return template if _is_read(template, names) else None


def _is_read(template: Template, names: tuple[str, ...]) -> bool:
    """True when rclpy reads the numbers that were written into the template."""
    rows = np.pi * np.arange(1.0, template.reals.size + 1).reshape(template.reals.shape)
    times = [(7 + k, 11 + k) for k in range(len(template.times))]
    try:
        message = deserialize_message(template.filled(rows, times), JointTrajectory)
    except RMWError:
        return False
    slots = [message.header.stamp, *(point.time_from_start for point in message.points)]
    return (
        tuple(message.joint_names) == names
        and [(slot.sec, slot.nanosec) for slot in slots] == times
        and np.array_equal([[*p.positions, *p.velocities] for p in message.points], rows)
    )
