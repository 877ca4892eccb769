"""Rotations and poses in numpy: 3x3 and 4x4 matrices inside, quaternions (xyzw) at interfaces.

Leading axes are batch axes throughout.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from vla_core.frozen import Array


def unit(v: ArrayLike) -> Array:
    """(..., n) normalised to length one; ValueError for a zero or non-finite vector."""
    v = np.asarray(v, dtype=np.float64)
    norm = np.linalg.norm(v, axis=-1, keepdims=True)
    if not np.all((norm > 1e-12) & np.isfinite(norm)):
        raise ValueError(f'cannot normalise {v}')
    return np.asarray(v / norm)


def skew(v: ArrayLike) -> Array:
    """(..., 3) -> (..., 3, 3) with skew(a) @ b = a x b."""
    x, y, z = np.moveaxis(np.asarray(v, dtype=np.float64), -1, 0)
    o = np.zeros_like(x)
    return np.stack([o, -z, y, z, o, -x, -y, x, o], axis=-1).reshape(*x.shape, 3, 3)


def matrix_from_quat(quat: ArrayLike) -> Array:
    """Rotation (..., 3, 3) of a quaternion xyzw (..., 4), which is normalised first."""
    x, y, z, w = np.moveaxis(unit(quat), -1, 0)
    rows = [
        1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w),
        2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w),
        2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y),
    ]  # fmt: skip
    return np.stack(rows, axis=-1).reshape(*x.shape, 3, 3)


def quat_from_matrix(R: ArrayLike) -> Array:
    """Quaternion xyzw (..., 4) with w >= 0 of a rotation (..., 3, 3)."""
    R = np.asarray(R, dtype=np.float64)
    xx, yy, zz = R[..., 0, 0], R[..., 1, 1], R[..., 2, 2]
    # 4 q q^T, built from R; its longest column gives q without loss of digits
    a, b, c = R[..., 2, 1] - R[..., 1, 2], R[..., 0, 2] - R[..., 2, 0], R[..., 1, 0] - R[..., 0, 1]
    d, e, f = R[..., 0, 1] + R[..., 1, 0], R[..., 0, 2] + R[..., 2, 0], R[..., 1, 2] + R[..., 2, 1]
    K = np.stack(
        [1 + xx - yy - zz, d, e, a, d, 1 - xx + yy - zz, f, b]
        + [e, f, 1 - xx - yy + zz, c, a, b, c, 1 + xx + yy + zz],
        axis=-1,
    ).reshape(*R.shape[:-2], 4, 4)
    best = np.argmax(np.linalg.norm(K, axis=-2), axis=-1)[..., None, None]
    quat = unit(np.take_along_axis(K, best, axis=-1)[..., 0])
    return np.where(quat[..., 3:] < 0.0, -quat, quat)


def exp_rotation(rotvec: ArrayLike) -> Array:
    """Rotation (..., 3, 3) of a rotation vector (..., 3) in rad."""
    v = np.asarray(rotvec, dtype=np.float64)
    half = np.linalg.norm(v, axis=-1, keepdims=True) / 2
    # np.sinc(x) = sin(pi x) / (pi x), exact at 0
    return matrix_from_quat(np.concatenate([v / 2 * np.sinc(half / np.pi), np.cos(half)], axis=-1))


def log_rotation(R: ArrayLike) -> Array:
    """Rotation vector (..., 3), length in [0, pi] rad, of a rotation (..., 3, 3)."""
    quat = quat_from_matrix(R)
    v, w = quat[..., :3], quat[..., 3:]
    s = np.linalg.norm(v, axis=-1, keepdims=True)
    angle = 2.0 * np.arctan2(s, w)
    return np.asarray(v * np.where(s > 1e-12, angle / np.maximum(s, 1e-12), 2.0))


def pose(xyz: ArrayLike, quat: ArrayLike = (0.0, 0.0, 0.0, 1.0)) -> Array:
    """4x4 (..., 4, 4) from position m and quaternion xyzw."""
    return pose_of(matrix_from_quat(quat), xyz)


def pose_of(R: ArrayLike, xyz: ArrayLike) -> Array:
    """4x4 (..., 4, 4) from rotation and position."""
    R, xyz = np.asarray(R, dtype=np.float64), np.asarray(xyz, dtype=np.float64)
    shape = np.broadcast_shapes(R.shape[:-2], xyz.shape[:-1])
    T = np.zeros((*shape, 4, 4))
    T[..., :3, :3], T[..., :3, 3], T[..., 3, 3] = R, xyz, 1.0
    return T


def xyz_quat(T: ArrayLike) -> tuple[Array, Array]:
    """Position (..., 3) and quaternion xyzw (..., 4) of a pose."""
    T = np.asarray(T, dtype=np.float64)
    return T[..., :3, 3].copy(), quat_from_matrix(T[..., :3, :3])


def inverse(T: ArrayLike) -> Array:
    """b_from_a of a_from_b."""
    T = np.asarray(T, dtype=np.float64)
    Rt = np.swapaxes(T[..., :3, :3], -1, -2)
    return pose_of(Rt, -np.einsum('...ij,...j->...i', Rt, T[..., :3, 3]))


def transform(a_from_b: ArrayLike, points: ArrayLike) -> Array:
    """Points (..., 3) m given in b, expressed in a."""
    T = np.asarray(a_from_b, dtype=np.float64)
    return np.asarray(np.asarray(points, dtype=np.float64) @ T[:3, :3].T + T[:3, 3])


def pose_error(a: ArrayLike, b: ArrayLike) -> Array:
    """(..., 6) from a to b: difference of positions, then the rotation vector of Rb Ra^T."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    rotation = log_rotation(b[..., :3, :3] @ np.swapaxes(a[..., :3, :3], -1, -2))
    return np.concatenate([b[..., :3, 3] - a[..., :3, 3], rotation], axis=-1)


def apply_error(a: ArrayLike, error: ArrayLike) -> Array:
    """The pose b for which pose_error(a, b) is `error`."""
    a, error = np.asarray(a, dtype=np.float64), np.asarray(error, dtype=np.float64)
    return pose_of(exp_rotation(error[..., 3:]) @ a[..., :3, :3], a[..., :3, 3] + error[..., :3])


def interpolate(a: ArrayLike, b: ArrayLike, s: float) -> Array:
    """The pose at fraction `s` from a to b: straight line, shortest rotation."""
    return apply_error(a, s * pose_error(a, b))


def yaw(T: ArrayLike) -> Array:
    """rad, angle of the x axis in the base's xy plane, of a rotation or pose; shape (...)."""
    T = np.asarray(T, dtype=np.float64)
    return np.asarray(np.arctan2(T[..., 1, 0], T[..., 0, 0]))


def rotation_z(angle: float) -> Array:
    """Rotation by `angle` rad about z."""
    return exp_rotation((0.0, 0.0, angle))


def rotation_rpy(rpy: ArrayLike) -> Array:
    """Rotation by roll, pitch and yaw (rad) about the fixed x, y and z axes, as in a URDF."""
    roll, pitch, turn = np.asarray(rpy, dtype=np.float64)
    about_x, about_y = exp_rotation((roll, 0.0, 0.0)), exp_rotation((0.0, pitch, 0.0))
    return np.asarray(rotation_z(turn) @ about_y @ about_x)


def tool_down(xyz: ArrayLike, angle: float = 0.0) -> Array:
    """Pose of a tool pointing down, its x axis at `angle` rad from the base's x axis."""
    return pose_of(rotation_z(angle) @ np.diag([1.0, -1.0, -1.0]), xyz)


def look_at(eye: ArrayLike, target: ArrayLike, up: ArrayLike = (0.0, 0.0, 1.0)) -> Array:
    """base_from_camera, optical axes (x right, y down, z forward), `target` at image centre.

    Looking along `up`, the x axis of the base points up in the image.
    """
    forward = unit(np.asarray(target, dtype=np.float64) - np.asarray(eye, dtype=np.float64))
    across = np.cross(forward, np.asarray(up, dtype=np.float64))
    if np.linalg.norm(across) < 1e-6:
        across = np.cross(forward, (1.0, 0.0, 0.0))
    right = unit(across)
    return pose_of(np.stack([right, np.cross(forward, right), forward], axis=-1), eye)
