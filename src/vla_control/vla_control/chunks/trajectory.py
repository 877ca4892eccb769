"""The trajectory of a chunk over its row index: tool poses or joint positions, and the gripper
opening.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import pinocchio as pin

from vla_control.chunks.spline import ChunkSpline
from vla_control.rotation_vectors import unwrapped
from vla_core import geometry
from vla_core.frozen import Array
from vla_core.records.action import EE_NAMES, ActionChunk, Space

GRIPPER = 'gripper'
END_EASE = 0.1  # s at the end of a chunk that take twice as long when no newer chunk replaces it


class ChunkTrajectory(Protocol):
    """A reference over the row index; constant after the last row."""

    is_pose: bool

    def at(self, row: float) -> Array: ...


class PoseTrajectory:
    """Poses (4, 4) base_from_tcp; rotations are interpolated in the tangent space at the first
    one.
    """

    is_pose = True

    def __init__(self, positions: Array, rotations: Array, ease: float = 0.0) -> None:
        self._anchor = rotations[0]
        vectors = geometry.log_rotation(rotations @ self._anchor.T)  # (h, 3) rad, base axes
        self._spline = ChunkSpline(np.hstack([positions, unwrapped(vectors)]), ease)

    def at(self, row: float) -> Array:
        """Return the pose (4, 4) m, base frame."""
        value = self._spline.at(row)
        return geometry.pose_of(pin.exp3(value[3:]) @ self._anchor, value[:3])


class JointTrajectory:
    """Joint positions (n,) rad in the robot's order."""

    is_pose = False

    def __init__(self, positions: Array, ease: float = 0.0) -> None:
        self._spline = ChunkSpline(positions, ease)

    def at(self, row: float) -> Array:
        """Return the joint positions (n,) rad."""
        return self._spline.at(row)


def trajectory_of(
    chunk: ActionChunk, joint_names: tuple[str, ...], base_from_tcp: Array | None
) -> ChunkTrajectory:
    """Return the trajectory of a valid chunk; `base_from_tcp` (4, 4) is the pose at its stamp,
    required for EE_DELTA.
    """
    ease = END_EASE / chunk.step
    if chunk.space == Space.JOINT_POSITION:
        return JointTrajectory(columns(chunk, joint_names), ease)
    values = columns(chunk, EE_NAMES[:6])
    rotations = geometry.exp_rotation(values[:, 3:])
    if chunk.space == Space.EE_POSE:
        return PoseTrajectory(values[:, :3], rotations, ease)
    if base_from_tcp is None:
        raise ValueError('an EE_DELTA chunk needs the tool pose at its stamp')
    start, rotation = base_from_tcp[:3, 3], base_from_tcp[:3, :3]
    return PoseTrajectory(start + values[:, :3], rotations @ rotation, ease)


def columns(chunk: ActionChunk, names: tuple[str, ...]) -> Array:
    """Return the columns `names` of the chunk, (horizon, len(names))."""
    return chunk.values[:, [chunk.names.index(name) for name in names]]


def opening_at(chunk: ActionChunk, row: float) -> float | None:
    """Return the gripper opening, m, of the row that has begun; None without a gripper column."""
    if GRIPPER not in chunk.names:
        return None
    k = min(max(int(row), 0), chunk.horizon - 1)
    return float(chunk.values[k, chunk.names.index(GRIPPER)])
