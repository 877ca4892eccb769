"""Trajectories: the commands of the arm and the gripper."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rclpy.serialization import serialize_message
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
ENCAPSULATION = 4  # bytes in front of the CDR body, from which its alignment counts


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
    body = template.body.copy()
    body.view('<f8')[template.reals] = np.concatenate((record.position, record.velocity), axis=1)
    body.view('<i4')[template.times] = [split(time) for time in (record.stamp, *times)]
    return template.head + body[: template.length].tobytes()


class Template(NamedTuple):
    """The bytes of a trajectory, and the places of its numbers."""

    head: bytes  # encapsulation
    body: NDArray[np.uint8]  # padded to a multiple of 8 bytes
    length: int  # of the body without padding
    reals: NDArray[np.intp]  # (k, 2n) in units of 8 bytes: positions, then velocities
    times: NDArray[np.intp]  # (k + 1, 2) in units of 4 bytes: s and ns of stamp and points


@lru_cache(maxsize=256)
def template_of(names: tuple[str, ...], count: int) -> Template | None:
    """Return the template of `count` points; None when this machine's layout is another.

    rclpy lays it out: a trajectory of marked numbers is serialised, and the marks are searched.
    """
    n = len(names)
    reals = np.pi * np.arange(1.0, 2 * n * count + 1).reshape(count, 2 * n)
    times = 0x5A5A0000 + np.arange(2 * (count + 1)).reshape(count + 1, 2)
    marked = Trajectory(0.0, names, np.zeros(count), reals[:, :n], reals[:, n:])
    message = trajectory_to_msg(marked)
    slots = [message.header.stamp, *(point.time_from_start for point in message.points)]
    for slot, (sec, nanosec) in zip(slots, times.tolist(), strict=True):
        slot.sec, slot.nanosec = sec, nanosec
    data = bytes(serialize_message(message))
    body = np.zeros(-(-len(data) // 8) * 8, np.uint8)
    body[: len(data) - ENCAPSULATION] = np.frombuffer(data, np.uint8, offset=ENCAPSULATION)
    of_reals, of_times = _places(body.view('<f8'), reals), _places(body.view('<i4'), times)
    if of_reals is None or of_times is None:
        return None
    return Template(data[:ENCAPSULATION], body, len(data) - ENCAPSULATION, of_reals, of_times)


def _places(values: NDArray, marks: NDArray) -> NDArray[np.intp] | None:
    """Return where each of `marks` stands in `values`; None unless each stands there once."""
    rows, places = np.nonzero(marks.reshape(-1, 1) == values)
    if not np.array_equal(rows, np.arange(marks.size)):
        return None
    return places.reshape(marks.shape)
