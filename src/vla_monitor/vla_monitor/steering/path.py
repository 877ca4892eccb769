"""Tool path of a chunk, and the joint path by inverse kinematics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_core import geometry
from vla_core.frozen import Array
from vla_core.records.action import EE_NAMES, ActionChunk, Space
from vla_core.robot.model import RobotModel

GRIPPER = 'gripper'
DAMPING = 0.02  # m or rad, of a step towards a pose
STEPS = 3  # largest number of iterations per pose
CLOSE = 1e-3  # m and rad, convergence tolerance


@dataclass(frozen=True)
class ToolPath:
    """Commanded tool poses and openings, row by row."""

    poses: Array  # (h, 4, 4) base_from_tcp
    yaw: Array  # (h,) rad
    opening: Array  # (h,) m, commanded
    step: float  # s between rows

    @property
    def positions(self) -> Array:
        """(h, 3) m."""
        return np.asarray(self.poses[:, :3, 3])


@dataclass(frozen=True)
class JointPath:
    """Joint positions at some rows of a path."""

    rows: Array  # (m,) indices
    q: Array  # (m, n) rad
    miss: Array  # (m,) m and rad, residual of the tool pose


def tool_path(
    chunk: ActionChunk, model: RobotModel, base_from_tcp: Array, opening: float
) -> ToolPath | None:
    """Return the path from the pose (4, 4) at the chunk's stamp; None when it moves no tool.

    `opening` (m) is the command of a chunk without a gripper column.
    """
    if chunk.space == Space.BASE_TWIST:
        return None
    poses = _poses(chunk, model, base_from_tcp)
    commanded = np.full(len(poses), opening)
    if GRIPPER in chunk.names:
        commanded = chunk.values[:, chunk.names.index(GRIPPER)]
    return ToolPath(poses, geometry.yaw(poses), commanded, chunk.step)


def _poses(chunk: ActionChunk, model: RobotModel, base_from_tcp: Array) -> Array:
    if chunk.space == Space.JOINT_POSITION:
        index = [chunk.names.index(name) for name in model.limits.names]
        return np.array([model.fk(q) for q in chunk.values[:, index]])
    values = chunk.values[:, [chunk.names.index(name) for name in EE_NAMES[:6]]]
    turns = geometry.exp_rotation(values[:, 3:])
    if chunk.space == Space.EE_POSE:
        return geometry.pose_of(turns, values[:, :3])
    return geometry.pose_of(turns @ base_from_tcp[:3, :3], base_from_tcp[:3, 3] + values[:, :3])


def joint_paths(
    paths: tuple[ToolPath, ...], model: RobotModel, q: Array, stride: int
) -> tuple[JointPath, ...]:
    """Return the joint paths of tool paths of equal length, at every `stride`-th row and the last.
    Each row starts from the row before; all paths are solved as one batch, which is faster."""
    last = len(paths[0].poses) - 1
    rows = np.unique(np.r_[np.arange(stride, last, stride), last])
    wanted = np.stack([path.poses[rows] for path in paths])  # (k, m, 4, 4)
    guess = np.tile(q, (len(paths), 1))
    found = np.empty((len(paths), len(rows), len(q)))
    miss = np.empty((len(paths), len(rows)))
    for j in range(len(rows)):
        guess, miss[:, j] = solve(model, guess, wanted[:, j])
        found[:, j] = guess
    return tuple(JointPath(rows, found[k], miss[k]) for k in range(len(paths)))


def solve(model: RobotModel, q: Array, poses: Array) -> tuple[Array, Array]:
    """Return the joints (k, n) near `q` (k, n) for the tool poses (k, 4, 4), and the residuals
    (k,)."""
    error = _errors(model, q, poses)
    for _ in range(STEPS):
        if np.abs(error).max() <= CLOSE:
            break
        jacobian = np.stack([model.jacobian(row) for row in q])
        turned = jacobian.transpose(0, 2, 1)
        square = jacobian @ turned + DAMPING**2 * np.eye(6)
        q = q + (turned @ np.linalg.solve(square, error[..., None]))[..., 0]
        error = _errors(model, q, poses)
    return q, np.abs(error).max(axis=1)


def _errors(model: RobotModel, q: Array, poses: Array) -> Array:
    """(k, 6) m and rad, base axes, from the tools at `q` to `poses`; orientation error after Luh,
    Walker and Paul (1980), half the sum of the axes' cross products: sin for small angles."""
    now = np.stack([model.fk(row) for row in q])
    turn = 0.5 * np.cross(now[:, :3, :3], poses[:, :3, :3], axis=1).sum(axis=2)
    return np.hstack([poses[:, :3, 3] - now[:, :3, 3], turn])
