"""What a chunk asks for, as a function of the row: a pose of the tool or joint positions, and the
gripper.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import pinocchio as pin

from vla_control.chunks.spline import ChunkSpline
from vla_core import geometry
from vla_core.frozen import Array
from vla_core.records.action import EE_NAMES, ActionChunk, Space

GRIPPER = 'gripper'
END_EASE = 0.1  # s of a chunk, at its end, that take twice as long when no newer chunk replaces it


class ChunkTrajectory(Protocol):
    """A reference over the row index; standing still after its last row."""

    is_pose: bool

    def at(self, row: float) -> Array: ...


class PoseTrajectory:
    """Poses (4, 4) base_from_tcp; rotations run through the rows in the tangent space at the first
    one.
    """

    is_pose = True

    def __init__(self, positions: Array, rotations: Array, ease: float = 0.0) -> None:
        self._anchor = rotations[0]
        turns = geometry.log_rotation(rotations @ self._anchor.T)  # (h, 3) rad, base axes
        self._curve = ChunkSpline(np.hstack([positions, unwrapped(turns)]), ease)

    def at(self, row: float) -> Array:
        """(4, 4) m, base_link."""
        value = self._curve.at(row)
        return geometry.pose_of(pin.exp3(value[3:]) @ self._anchor, value[:3])


class JointTrajectory:
    """Joint positions (n,) rad in the robot's order."""

    is_pose = False

    def __init__(self, positions: Array, ease: float = 0.0) -> None:
        self._curve = ChunkSpline(positions, ease)

    def at(self, row: float) -> Array:
        """(n,) rad."""
        return self._curve.at(row)


def turn_from(a: Array, b: Array) -> Array:
    """(3,) rad, base axes: the rotation vector that takes rotation a to b, shortest way."""
    return np.asarray(pin.log3(b @ a.T))


def closest_turn(turn: Array, near: Array) -> Array:
    """Of the rotation vectors for the same rotation as `turn` (3,) rad, the closest to `near`."""
    angle = float(np.linalg.norm(turn))
    if angle < 1e-9:
        return turn
    axis = turn / angle
    turns = round((float(near @ axis) - angle) / (2.0 * np.pi))
    return axis * (angle + 2.0 * np.pi * turns)


def unwrapped(turns: Array) -> Array:
    """Rotation vectors (h, 3) rad for the same rotations without jumps from row to row."""
    result = np.array(turns)
    for k in range(1, len(result)):
        result[k] = closest_turn(result[k], result[k - 1])
    return result


def trajectory_of(
    chunk: ActionChunk, joint_names: tuple[str, ...], base_from_tcp: Array | None
) -> ChunkTrajectory:
    """The motion of a valid chunk; `base_from_tcp` (4, 4) is the pose at its stamp, which EE_DELTA
    needs.
    """
    ease = END_EASE / chunk.step
    if chunk.space == Space.JOINT_POSITION:
        return JointTrajectory(columns(chunk, joint_names), ease)
    values = columns(chunk, EE_NAMES[:6])
    rotations = geometry.exp_rotation(values[:, 3:])
    if chunk.space == Space.EE_POSE:
        return PoseTrajectory(values[:, :3], rotations, ease)
    if base_from_tcp is None:
        raise ValueError('EE_DELTA without the pose it is relative to')
    return PoseTrajectory(
        base_from_tcp[:3, 3] + values[:, :3], rotations @ base_from_tcp[:3, :3], ease
    )


def columns(chunk: ActionChunk, names: tuple[str, ...]) -> Array:
    """(horizon, len(names)) of the chunk in the order of `names`."""
    return chunk.values[:, [chunk.names.index(name) for name in names]]


def opening_at(chunk: ActionChunk, row: float) -> float | None:
    """m, opening asked for by the row that has begun; None without a gripper column."""
    if GRIPPER not in chunk.names:
        return None
    k = min(max(int(row), 0), chunk.horizon - 1)
    return float(chunk.values[k, chunk.names.index(GRIPPER)])
