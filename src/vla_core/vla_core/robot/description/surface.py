"""Surface of a robot's collision shapes as triangles, by link."""

from __future__ import annotations

from typing import Any

import coal
import numpy as np
import pinocchio as pin
from scipy.spatial import ConvexHull

from vla_core import geometry
from vla_core.frozen import Array
from vla_core.robot.description.hulls import collision_pieces
from vla_core.robot.description.urdf import Description

ROUND_SIDES = 24  # of a cylinder or sphere as triangles


def surfaces(description: Description, model: Any, pieces: int) -> dict[str, Array]:
    """Triangles (f, 3, 3) m in the link, of every link with collision shapes."""
    found: dict[str, list[Array]] = {}
    text = description.text
    for shape in pin.buildGeomFromUrdfString(
        model, text, pin.GeometryType.COLLISION
    ).geometryObjects:
        frame = model.frames[shape.parentFrame]
        link_from_shape = (frame.placement.inverse() * shape.placement).homogeneous
        points = geometry.transform(link_from_shape, _corners(shape.geometry))
        found.setdefault(str(frame.name), []).append(hull_triangles(points))
    for piece in collision_pieces(description, pieces):
        found.setdefault(piece.link, []).append(hull_triangles(piece.points))
    return {link: np.concatenate(parts) for link, parts in found.items()}


def hull_triangles(points: Array) -> Array:
    """Triangles (f, 3, 3) m of the convex hull of points (k, 3)."""
    return np.asarray(points[ConvexHull(points).simplices])


def _corners(shape: Any) -> Array:
    """Points (k, 3) m whose hull is a box, capsule or cylinder, or sphere."""
    signs = np.array(np.meshgrid(*[(-1.0, 1.0)] * 3)).reshape(3, -1).T
    if isinstance(shape, coal.Box):
        return np.asarray(signs * np.asarray(shape.halfSide))
    angle = np.linspace(0.0, 2.0 * np.pi, ROUND_SIDES, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle), np.zeros_like(angle)], axis=1)
    if isinstance(shape, (coal.Cylinder, coal.Capsule)):
        up = np.array([0.0, 0.0, float(shape.halfLength)])
        return np.vstack([shape.radius * circle + up, shape.radius * circle - up])
    tilts = np.linspace(-np.pi / 2, np.pi / 2, ROUND_SIDES // 2)
    rings = [np.cos(t) * circle + np.array([0.0, 0.0, np.sin(t)]) for t in tilts]
    return np.asarray(shape.radius * np.vstack(rings))
