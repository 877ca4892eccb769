"""Points on the surface of the robot at any joint positions, from its collision shapes."""

from __future__ import annotations

from typing import Any

import coal
import numpy as np
import pinocchio as pin

from vla_core import geometry
from vla_core.frozen import Array
from vla_core.robot.config import RobotConfig
from vla_core.robot.model import collision_model, link_of

DENSITY = 4e4  # points per m^2: one in 5 mm
MOST = 4000  # points of one shape
SEGMENTS = 24  # of a round shape


class RobotSurface:
    """Samples of all shapes, fixed to their links; `width` is the opening of the gripper, m."""

    def __init__(self, robot: RobotConfig, width: float | None = None) -> None:
        self._model, shapes = collision_model(robot, width)
        self._data = self._model.createData()
        self._placements = [shape.placement for shape in shapes.geometryObjects]
        self._joints = [shape.parentJoint for shape in shapes.geometryObjects]
        self.links = [link_of(self._model, shape) for shape in shapes.geometryObjects]
        rng = np.random.default_rng(0)
        self._samples = [sampled(shape.geometry, rng) for shape in shapes.geometryObjects]
        count = [len(points) for points, _ in self._samples]
        self.link_of_point = np.repeat(np.arange(len(count)), count)  # (n,) index in links

    def at(self, q: Array) -> tuple[Array, Array]:
        """Points (n, 3) m and outward normals (n, 3), base_frame."""
        pin.forwardKinematics(self._model, self._data, np.asarray(q, np.float64))
        points, normals = [], []
        for k, (local, outward) in enumerate(self._samples):
            pose = (self._data.oMi[self._joints[k]] * self._placements[k]).homogeneous
            points.append(geometry.transform(pose, local))
            normals.append(outward @ pose[:3, :3].T)
        return np.concatenate(points), np.concatenate(normals)

    def of_link(self, q: Array, link: str) -> Array:
        """(n, 3) m, base_frame, of one link."""
        points, _ = self.at(q)
        return points[np.array([self.links[k] == link for k in self.link_of_point], bool)]


def sampled(shape: Any, rng: np.random.Generator) -> tuple[Array, Array]:
    """Points (n, 3) m and outward normals (n, 3) of a shape, spread evenly by area."""
    triangles = triangulated(shape)  # (f, 3, 3)
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    cross = np.cross(b - a, c - a)
    twice = np.linalg.norm(cross, axis=1)
    triangles, cross, twice = triangles[twice > 0], cross[twice > 0], twice[twice > 0]
    normals = cross / twice[:, None]
    centre = triangles.reshape(-1, 3).mean(axis=0)
    outward = np.einsum('ij,ij->i', normals, triangles.mean(axis=1) - centre)
    normals = np.where(outward[:, None] < 0.0, -normals, normals)
    count = min(MOST, max(30, int(DENSITY * twice.sum() / 2.0)))
    chosen = rng.choice(len(triangles), size=count, p=twice / twice.sum())
    u, v = rng.random(count), rng.random(count)
    u, v = np.where(u + v > 1.0, 1.0 - u, u), np.where(u + v > 1.0, 1.0 - v, v)
    a, b, c = (triangles[chosen, k] for k in range(3))
    points = a + u[:, None] * (b - a) + v[:, None] * (c - a)
    radius = float(getattr(shape, 'getSweptSphereRadius', lambda: 0.0)())
    return points + radius * normals[chosen], normals[chosen]


def triangulated(shape: Any) -> Array:
    """(f, 3, 3) m, triangles of a convex shape."""
    if isinstance(shape, coal.Box):
        corners = np.array(np.meshgrid(*[[-1.0, 1.0]] * 3)).reshape(3, -1).T
        return hull(corners * np.asarray(shape.halfSide).ravel())
    if isinstance(shape, (coal.Sphere, coal.Capsule, coal.Cylinder)):
        return hull(_round(shape))
    if isinstance(shape, coal.ConvexBase):
        return hull(np.array([shape.point(k) for k in range(shape.num_points)]))
    raise TypeError(f'shape {type(shape).__name__} is not known')


def _round(shape: Any) -> Array:
    """Points on a sphere, capsule or cylinder along z."""
    half = 0.0 if isinstance(shape, coal.Sphere) else float(shape.halfLength)
    angle = np.linspace(0.0, 2.0 * np.pi, SEGMENTS, endpoint=False)
    rise = np.linspace(0.0, np.pi / 2.0, SEGMENTS // 4 + 1)
    if isinstance(shape, coal.Cylinder):
        rise = np.zeros(1)
    rings = []
    for side in (-1.0, 1.0):
        for e in rise:
            r, z = shape.radius * np.cos(e), side * (half + shape.radius * np.sin(e))
            rings.append(np.stack([r * np.cos(angle), r * np.sin(angle), np.full(SEGMENTS, z)], 1))
    return np.concatenate(rings)


def hull(points: Array) -> Array:
    """(f, 3, 3) triangles of the convex hull of points (n, 3)."""
    from scipy.spatial import ConvexHull

    return points[ConvexHull(points, qhull_options='QJ').simplices]
