"""Rigid registration of depth points of the moving robot with its shape (point-to-plane ICP)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from vla_core import geometry
from vla_core.frozen import Array
from vla_core.records.sensing import CameraModel, RgbdFrame

ROUNDS = ((0.15, 15), (0.08, 10), (0.04, 10), (0.02, 15))  # m of the gate, iterations
MOST = 1500  # points of one pose
NEARER = 0.02  # m, in front of the background: the robot
LEAST = 150  # points of all poses together
NEIGHBOURS = 2  # px, at an edge a pixel mixes both depths


@dataclass(frozen=True)
class PoseView:
    """One pose of the arm, as a camera sees it."""

    q: Array  # (n,) rad, measured
    frame: RgbdFrame


@dataclass(frozen=True)
class Registration:
    """The correction that moves the points onto the robot."""

    correction: Array  # 4x4: base_from_camera is correction @ that of the robot file
    residual: float  # m, median distance after the correction
    before: float  # m, the same before it
    count: int  # points
    points: Array  # (n, 3) m, base_frame of the robot file


def moved_points(views: list[PoseView]) -> list[Array]:
    """(n, 3) m, optical frame, of what stands in front of the background in each view.

    The background of a pixel is its largest depth over all poses; what never moves is in none.
    """
    depths = np.stack([_clean(view.frame.depth) for view in views])
    with np.errstate(invalid='ignore'):
        background = np.nanmax(np.where(np.isnan(depths), -np.inf, depths), axis=0)
    return [
        back_projected(view.frame.model, np.where(background - depth > NEARER, depth, np.nan))
        for view, depth in zip(views, depths, strict=True)
    ]


def _clean(depth: NDArray[np.float32]) -> Array:
    """Depth without holes and without the pixels at jumps."""
    z = np.where(np.isfinite(depth) & (depth > 0.0), depth, np.nan).astype(np.float64)
    steep = np.zeros(z.shape, bool)
    for axis in (0, 1):
        for shift in range(-NEIGHBOURS, NEIGHBOURS + 1):
            other = np.roll(z, shift, axis)
            with np.errstate(invalid='ignore'):
                steep |= np.abs(z - other) > 0.04
    return np.where(steep, np.nan, z)


def back_projected(model: CameraModel, depth: Array) -> Array:
    """(n, 3) m, optical frame, of the pixels with a depth."""
    v, u = np.nonzero(np.isfinite(depth))
    z = depth[v, u]
    return np.stack([(u - model.cx) / model.fx * z, (v - model.cy) / model.fy * z, z], axis=1)


class Matcher:
    """Nearest visible points of the robot's surface, one tree per pose."""

    def __init__(self, surfaces: list[tuple[Array, Array]], eye: Array) -> None:
        self._poses = []
        for points, normals in surfaces:
            facing = np.einsum('ij,ij->i', normals, points - eye) < 0.0
            self._poses.append((cKDTree(points[facing]), points[facing], normals[facing]))

    def nearest(self, pose: int, points: Array) -> tuple[Array, Array, Array]:
        """Distances (n,) m, points (n, 3) and normals (n, 3)."""
        tree, surface, normals = self._poses[pose]
        distance, index = tree.query(points)
        return distance, surface[index], normals[index]


def register(
    clouds: list[Array], surfaces: list[tuple[Array, Array]], eye: Array
) -> Registration | None:
    """Register clouds (base_frame of the robot file) with the surface at each pose; None with too
    few points. `eye`: (3,) m, position of the camera."""
    rng = np.random.default_rng(0)
    clouds = [c if len(c) <= MOST else c[rng.choice(len(c), MOST, replace=False)] for c in clouds]
    count = sum(map(len, clouds))
    if count < LEAST:
        return None
    matcher, correction = Matcher(surfaces, eye), np.eye(4)
    before = _residual(matcher, clouds, correction)
    for gate, rounds in ROUNDS:
        for _ in range(rounds):
            step = _step(matcher, clouds, correction, gate)
            correction = step @ correction
            if np.abs(step - np.eye(4)).max() < 1e-6:
                break
    after = _residual(matcher, clouds, correction)
    return Registration(correction, after, before, count, np.concatenate(clouds))


def _residual(matcher: Matcher, clouds: list[Array], correction: Array) -> float:
    found = [
        matcher.nearest(k, geometry.transform(correction, cloud))[0]
        for k, cloud in enumerate(clouds)
        if len(cloud)
    ]
    return float(np.median(np.concatenate(found)))


def _step(matcher: Matcher, clouds: list[Array], correction: Array, gate: float) -> Array:
    """One Gauss-Newton step, 4x4, on the distances along the normals within the gate."""
    rows, errors = [], []
    centre = geometry.transform(correction, np.concatenate(clouds)).mean(axis=0)
    for k, cloud in enumerate(clouds):
        if not len(cloud):
            continue
        points = geometry.transform(correction, cloud)
        distance, surface, normals = matcher.nearest(k, points)
        kept = distance < gate
        along = np.einsum('ij,ij->i', normals, surface - points)[kept]
        rows.append(np.c_[np.cross(points[kept] - centre, normals[kept]), normals[kept]])
        errors.append(along)
    jacobian, error = np.concatenate(rows), np.concatenate(errors)
    if len(error) < LEAST:
        return np.eye(4)
    weight = 1.0 / (1.0 + (error / (0.3 * gate)) ** 2)
    normal = jacobian.T @ (weight[:, None] * jacobian) + 1e-6 * len(error) * np.eye(6)
    twist = np.linalg.solve(normal, jacobian.T @ (weight * error))
    rotation = geometry.exp_rotation(twist[:3])
    return geometry.pose_of(rotation, centre + twist[3:] - rotation @ centre)
