"""Messages at 100 Hz, read from their bytes; anything but plain CDR goes through rclpy."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from struct import error
from typing import Any, TypeVar

import numpy as np
from rclpy._rclpy_pybind11 import RMWError
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import JointState as JointStateMsg
from trajectory_msgs.msg import JointTrajectory

from vla_core.frozen import Array
from vla_core.records.action import Source, Target, Trajectory
from vla_core.records.safety import ArmState, Decision, Level, SafetyVote, ShieldReport
from vla_core.records.sensing import JointState
from vla_interfaces import msg
from vla_ros.convert.action import commanded, target_from_msg, trajectory_from_msg
from vla_ros.convert.cdr import ASKED, BODY, COUNT, CYCLE, LOOP, PLAIN, STEP, TIME, VOTE
from vla_ros.convert.fields import BadMessage, finite, joined, member, number, sized, stamped
from vla_ros.convert.safety import report_from_msg, vote_from_msg
from vla_ros.convert.sensing import joints_from_msg, speeds
from vla_ros.convert.to_bytes import form_of

R = TypeVar('R')


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


MOST_POINTS = 64  # of a trajectory that is read here
ALL_BITS = 0xFFFFFFFF  # ns are unsigned
_JOINTS, _TARGET, _RULES, _INPUTS, _REASONS = Texts(), Texts(), Texts(), Texts(), Texts()
_COMMANDED = Texts()


def _plain(read: Callable[[bytes], R], kind: type, usual: Callable[[Any], R]) -> Callable[..., R]:
    """`read` for plain CDR, else `usual` after rclpy; bytes that end too soon are a BadMessage."""

    @wraps(read)
    def checked(data: bytes) -> R:
        try:
            if data[:2] == PLAIN[:2]:
                return read(data)
            return usual(deserialize_message(data, kind))
        except (error, ValueError, RMWError) as cause:
            raise BadMessage(f'its {len(data)} bytes are no {kind.__name__}: {cause}') from None

    return checked


def _joints(data: bytes) -> JointState:
    stamp, at = _header(data)
    names, at = _JOINTS.read(data, at)
    position, at = _reals(data, at)
    velocity, _ = _reals(data, at)
    sized(position, len(names), 'position')
    finite(position, 'position')
    return JointState(stamped(*stamp), names, position, speeds(velocity, len(names)))


def _target(data: bytes) -> Target:
    stamp, at = _header(data)
    task, at = _text(data, at)
    names, at = _TARGET.read(data, at)
    position, at = _reals(data, at)
    velocity, at = _reals(data, at)
    if len(position) != len(names) or len(velocity) != len(names):
        raise BadMessage('position, velocity and names differ in length')
    gripper, source, chunk, *seen = ASKED.unpack_from(data, _aligned(at, 8))
    return Target(
        stamped(*stamp), task, names, position, velocity, gripper,
        member(Source, source, 'source'), chunk, joined(*seen),
    )  # fmt: skip


def _report(data: bytes) -> ShieldReport:
    stamp, at = _header(data)
    at = _aligned(at, 8)
    cycle, state, decision = CYCLE.unpack_from(data, at)
    reason, at = _text(data, at + CYCLE.size)
    rules, at = _RULES.read(data, at)
    tightest, at = _text(data, at)
    at = _aligned(at, 8)
    margin, change, scale, separation, chunk, *seen = STEP.unpack_from(data, at)
    inputs, at = _INPUTS.read(data, at + STEP.size)
    ages, at = _reals(data, at)
    loop, period = LOOP.unpack_from(data, _aligned(at, 8))
    if len(inputs) != len(ages):
        raise BadMessage('inputs and ages differ in length')
    return ShieldReport(
        stamped(*stamp), cycle, member(ArmState, state, 'state'),
        member(Decision, decision, 'decision'), reason, rules, tightest, margin, change, scale,
        separation, chunk, joined(*seen), dict(zip(inputs, ages.tolist(), strict=True)),
        loop, period,
    )  # fmt: skip


def _vote(data: bytes) -> SafetyVote:
    stamp, at = _header(data)
    voter, at = _text(data, at)
    at = _aligned(at, 8)
    seq, level, scale, ttl = VOTE.unpack_from(data, at)
    task, at = _text(data, at + VOTE.size)
    reasons, _ = _REASONS.read(data, at)
    return SafetyVote(
        stamped(*stamp), voter, seq, member(Level, level, 'level'),
        number(scale, 'speed_scale', 0.0, 1.0), number(ttl, 'ttl', lo=0.0), task, reasons,
    )  # fmt: skip


def _trajectory(data: bytes) -> Trajectory:
    try:
        return _laid_out(data)
    except (error, ValueError):  # by others: rclpy reads it
        return trajectory_from_msg(deserialize_message(data, JointTrajectory))


def _laid_out(data: bytes) -> Trajectory:
    """A trajectory laid out as `to_bytes` does; ValueError for any other."""
    (sec, nanosec), at = _header(data)
    names, at = _COMMANDED.read(data, at)
    (count,) = COUNT.unpack_from(data, _aligned(at, 4))
    if not 0 < count <= MOST_POINTS:
        raise ValueError(f'{count} points')
    form = form_of(names, count)
    body = np.zeros_like(form.blank)
    body[: form.length] = np.frombuffer(data, np.uint8, form.length, BODY)
    reals, times = body.view('<f8')[form.reals], body.view('<i4')[form.times]
    body.view('<f8')[form.reals], body.view('<i4')[form.times] = 0.0, 0
    if not np.array_equal(body, form.blank):
        raise ValueError('of another layout')
    n, after = len(names), [joined(s, ns & ALL_BITS) for s, ns in times[1:].tolist()]
    path, speeds = reals[:, :n], reals[:, n:]
    return commanded(joined(sec, nanosec), names, np.array(after), path, speeds)


joints = _plain(_joints, JointStateMsg, joints_from_msg)
target = _plain(_target, msg.Target, target_from_msg)
vote = _plain(_vote, msg.SafetyVote, vote_from_msg)
report = _plain(_report, msg.ShieldReport, report_from_msg)
trajectory = _plain(_trajectory, JointTrajectory, trajectory_from_msg)


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
    return np.frombuffer(data, '<f8', count, at), at + 8 * count  # records keep copies
