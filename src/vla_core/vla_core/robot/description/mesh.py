"""Meshes of a robot description: loaded, cut into convex pieces, reduced to few vertices."""

from __future__ import annotations

from pathlib import Path

import coal
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from vla_core import geometry
from vla_core.errors import UserError
from vla_core.frozen import Array

Faces = NDArray[np.int64]  # (f, 3) indices of vertices
CUTS = (0.2, 0.35, 0.5, 0.65, 0.8)  # of the extent of a piece
WORTH = 0.12  # share of the volume of all pieces that a cut must remove
FEW = 300  # vertices of a hull that is not reduced
DIRECTIONS = 300  # in which the vertices of a reduced hull are extreme
COARSE = 2000  # faces of the mesh on which cuts are searched
THIN = 1e-4  # m, added around a piece without volume


def load_mesh(path: Path, scale: tuple[float, float, float]) -> tuple[Array, Faces]:
    """Vertices (v, 3) m and faces (f, 3) of an STL, DAE or OBJ file."""
    try:
        loaded = coal.MeshLoader(coal.NODE_TYPE.BV_OBBRSS).load(str(path), np.array(scale))
    except (ValueError, RuntimeError) as error:
        raise UserError(f'{path}: cannot be read as a mesh: {error}') from error
    triangles = (loaded.tri_indices(k) for k in range(loaded.num_tris))
    faces = np.array([(t[0], t[1], t[2]) for t in triangles], dtype=np.int64).reshape(-1, 3)
    vertices = np.array(loaded.vertices())
    if not len(faces) or not np.isfinite(vertices).all():
        raise UserError(f'{path}: the mesh has no triangles, or a vertex that is not finite')
    return vertices, faces


def decimated(vertices: Array, faces: Faces, most: int) -> tuple[Array, Faces]:
    """The mesh with at most `most` faces: vertices within a cell of a grid become one; the hull
    of one so thin that nothing is left."""
    extent = float(np.ptp(vertices, axis=0).max())
    cell = extent / 400.0
    while len(faces) > most:
        keys = np.round(vertices / cell).astype(np.int64)
        _, first, index = np.unique(keys, axis=0, return_index=True, return_inverse=True)
        joined = index.reshape(-1)[faces]
        is_face = (
            (joined[:, 0] != joined[:, 1])
            & (joined[:, 1] != joined[:, 2])
            & (joined[:, 0] != joined[:, 2])
        )
        if not is_face.any():
            corners = hull_points(vertices[faces])
            return corners, ConvexHull(corners).simplices.astype(np.int64)
        vertices, faces = vertices[first], joined[is_face]
        cell *= 1.3
    return vertices, faces


def convex_pieces(vertices: Array, faces: Faces, most: int) -> list[Array]:
    """Points (k, 3) m of at most `most` convex pieces that together contain a mesh; a cut is made
    only where it removes much volume."""
    coarse, coarse_faces = decimated(vertices, faces, COARSE)
    drafts, pieces = [coarse[coarse_faces]], [vertices[faces]]
    volumes = [volume(drafts[0])]
    while len(pieces) < most:
        cuts = [_best_cut(draft, size) for draft, size in zip(drafts, volumes, strict=True)]
        k = int(np.argmax([cut[0] for cut in cuts]))
        gain, axis, place = cuts[k]
        if gain < WORTH * sum(volumes):
            break
        for parts in (drafts, pieces):
            parts[k : k + 1] = [clipped(parts[k], axis, place, side) for side in (1.0, -1.0)]
        volumes[k : k + 1] = [volume(draft) for draft in drafts[k : k + 2]]
    return [hull_points(piece) for piece in pieces]


def volume(triangles: Array) -> float:
    """m^3, of the convex hull."""
    try:
        return float(ConvexHull(np.unique(triangles.reshape(-1, 3), axis=0)).volume)
    except (QhullError, ValueError):
        return 0.0


def hull_points(triangles: Array) -> Array:
    """(k, 3) m, vertices of the convex hull; a flat one gets a thickness."""
    points = np.unique(triangles.reshape(-1, 3), axis=0)
    try:
        return np.asarray(points[ConvexHull(points).vertices])
    except (QhullError, ValueError):
        corners = np.array(np.meshgrid(*[(-THIN, THIN)] * 3)).reshape(3, -1).T
        thick = (points[:, None] + corners).reshape(-1, 3)
        return np.asarray(thick[ConvexHull(thick).vertices])


def reduced_hull(points: Array) -> tuple[Array, float]:
    """Few of the vertices of a hull, and the radius in m around them that contains the others."""
    if len(points) <= FEW:
        return points, 0.0
    k = np.arange(DIRECTIONS) + 0.5
    height, angle = 1.0 - 2.0 * k / DIRECTIONS, np.pi * (1.0 + 5.0**0.5) * k
    flat = np.sqrt(1.0 - height**2)
    directions = np.stack([flat * np.cos(angle), flat * np.sin(angle), height], axis=1)
    kept = points[np.unique(np.argmax(points @ directions.T, axis=0))]
    hull, dot = convex(kept), coal.Sphere(1e-6)
    at, request = coal.Transform3s(), coal.DistanceRequest()
    equations = ConvexHull(kept).equations  # (f, 4) outward normal, offset
    outside = (points @ equations[:, :3].T + equations[:, 3]).max(axis=1)
    far = 0.0
    for point in points[outside > 0.5 * max(float(outside.max()), 0.0)]:
        there = coal.Transform3s(np.eye(3), point)
        far = max(far, coal.distance(hull, at, dot, there, request, coal.DistanceResult()))
    return kept, far + 1e-5


def convex(points: Array) -> coal.Convex:
    """The convex hull of points (k, 3) m as a collision shape."""
    hull = ConvexHull(points)
    index = np.full(len(points), -1)
    index[hull.vertices] = np.arange(len(hull.vertices))
    corners, triangles = coal.StdVec_Vec3s(), coal.StdVec_Triangle()
    corners.extend(points[hull.vertices])
    p, q, r = (points[hull.simplices[:, k]] for k in range(3))
    normals = np.cross(q - p, r - p)
    is_inward = np.einsum('ij,ij->i', normals, hull.equations[:, :3]) < 0.0
    faces = index[hull.simplices]
    faces[is_inward] = faces[is_inward][:, [0, 2, 1]]
    for a, b, c in faces.tolist():
        triangles.append(coal.Triangle(a, b, c))
    return coal.Convex(corners, triangles)


def oriented_box(points: Array) -> tuple[Array, Array]:
    """4x4 pose and half sides (3,) m of a small box around points (k, 3) m: of the boxes along
    the axes and along the main directions, the one with the least volume."""
    main = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)[2].T
    main[:, 2] = np.cross(main[:, 0], main[:, 1])
    best = (np.inf, np.eye(4), np.zeros(3))
    for axes in (np.eye(3), main):
        along = points @ axes
        low, high = along.min(axis=0), along.max(axis=0)
        size = float(np.prod(high - low))
        if size < best[0]:
            pose = geometry.pose_of(axes, axes @ ((low + high) / 2.0))
            best = (size, pose, (high - low) / 2.0)
    return best[1], best[2]


def clipped(triangles: Array, axis: int, place: float, side: float) -> Array:
    """The parts (f, 3, 3) of triangles on one side (1.0: above, -1.0: below) of a plane."""
    height = side * (triangles[:, :, axis] - place)  # (f, 3) m, positive: kept
    inside = height >= 0.0
    count = inside.sum(axis=1)
    parts = [triangles[count == 3]]
    for kept in (1, 2):
        chosen = count == kept
        alone = inside[chosen] if kept == 1 else ~inside[chosen]  # the corner on its own side
        order = (np.argmax(alone, axis=1)[:, None] + np.arange(3)) % 3
        corners = np.take_along_axis(triangles[chosen], order[:, :, None], axis=1)
        h = np.take_along_axis(height[chosen], order, axis=1)
        a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
        ab = a + (h[:, 0] / (h[:, 0] - h[:, 1]))[:, None] * (b - a)
        ac = a + (h[:, 0] / (h[:, 0] - h[:, 2]))[:, None] * (c - a)
        if kept == 1:
            parts.append(np.stack([a, ab, ac], axis=1))
        else:
            parts += [np.stack([ab, b, c], axis=1), np.stack([ab, c, ac], axis=1)]
    return np.concatenate(parts)


def _best_cut(triangles: Array, whole: float) -> tuple[float, int, float]:
    """(m^3 saved, axis, m along it) of the best cut of a piece across one axis."""
    points = triangles.reshape(-1, 3)
    low, high = points.min(axis=0), points.max(axis=0)
    best = (0.0, 0, 0.0)
    for axis in range(3):
        for share in CUTS:
            place = float(low[axis] + share * (high[axis] - low[axis]))
            halves = [clipped(triangles, axis, place, side) for side in (1.0, -1.0)]
            if min(len(half) for half in halves) == 0:
                continue
            saved = whole - sum(volume(half) for half in halves)
            if saved > best[0]:
                best = (saved, axis, place)
    return best
