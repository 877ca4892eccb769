"""Meshes become convex pieces that contain them."""

from __future__ import annotations

import coal
import numpy as np
import pytest
from scipy.spatial import ConvexHull

from vla_core.authoring.shapes import fit_capsule
from vla_core.errors import UserError
from vla_core.robot.description import mesh
from vla_core.robot.description.surface import hull_triangles


def box(low, high):
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
    return np.array(low) + corners * (np.array(high) - np.array(low))


def shell(*parts):
    """Vertices and faces of several boxes together."""
    triangles = np.concatenate([hull_triangles(part) for part in parts])
    return triangles.reshape(-1, 3), np.arange(len(triangles) * 3).reshape(-1, 3)


L_SHAPE = shell(box([0, 0, 0], [0.3, 0.05, 0.05]), box([0, 0, 0], [0.05, 0.05, 0.3]))


def is_inside(points, hull_points, slack=1e-9):
    equations = ConvexHull(hull_points).equations
    return (points @ equations[:, :3].T + equations[:, 3]).max(axis=1) <= slack


def test_an_l_is_cut_into_pieces_that_contain_it():
    vertices, faces = L_SHAPE
    pieces = mesh.convex_pieces(vertices, faces, 4)
    assert len(pieces) == 2
    whole = mesh.volume(vertices[faces])
    assert sum(ConvexHull(piece).volume for piece in pieces) < 0.6 * whole
    inside = np.any([is_inside(vertices, piece) for piece in pieces], axis=0)
    assert inside.all()


def test_one_piece_is_asked_for_and_a_box_stays_whole():
    assert len(mesh.convex_pieces(*L_SHAPE, 1)) == 1
    assert len(mesh.convex_pieces(*shell(box([0, 0, 0], [1, 1, 1])), 8)) == 1


def test_both_sides_of_a_cut_together_are_the_mesh():
    vertices, faces = L_SHAPE
    triangles = vertices[faces]

    def area(t):
        return 0.5 * np.linalg.norm(np.cross(t[:, 1] - t[:, 0], t[:, 2] - t[:, 0]), axis=1).sum()

    above, below = (mesh.clipped(triangles, 0, 0.11, side) for side in (1.0, -1.0))
    assert area(above) + area(below) == pytest.approx(area(triangles))
    assert above[:, :, 0].min() >= 0.11 - 1e-12
    assert below[:, :, 0].max() <= 0.11 + 1e-12


def test_a_reduced_hull_with_its_radius_contains_the_hull():
    rng = np.random.default_rng(1)
    points = rng.normal(size=(3000, 3))
    points *= 0.1 / np.linalg.norm(points, axis=1)[:, None]
    kept, radius = mesh.reduced_hull(points)
    assert len(kept) <= mesh.DIRECTIONS < len(points)
    assert 0.0 < radius < 0.005
    hull, dot = mesh.convex(kept), coal.Sphere(1e-6)
    for point in points[:200]:
        at = coal.Transform3s(np.eye(3), point)
        away = coal.distance(
            hull, coal.Transform3s(), dot, at, coal.DistanceRequest(), coal.DistanceResult()
        )
        assert away <= radius + 1e-6


def test_a_flat_mesh_gets_a_thickness():
    triangle = np.array([[[0, 0, 0], [0.1, 0, 0], [0, 0.1, 0]]], float)
    assert ConvexHull(mesh.hull_points(triangle)).volume > 0.0


def test_a_decimated_mesh_keeps_its_extent():
    vertices, faces = shell(*[box([k, 0, 0], [k + 1, 1, 1]) for k in range(400)])
    fewer, few = mesh.decimated(vertices, faces, 500)
    assert 0 < len(few) <= 500
    np.testing.assert_allclose(np.ptp(fewer, axis=0)[0], 400.0, rtol=0.01)


def test_a_box_around_turned_points_is_turned():
    rotation = mesh.geometry.rotation_rpy((0.3, 0.4, 0.5))
    points = (box([-0.2, -0.03, -0.02], [0.2, 0.03, 0.02])) @ rotation.T + [1.0, 2.0, 3.0]
    pose, half = mesh.oriented_box(points)
    np.testing.assert_allclose(np.sort(half), [0.02, 0.03, 0.2], atol=1e-6)
    np.testing.assert_allclose(pose[:3, 3], [1.0, 2.0, 3.0], atol=1e-6)


def test_a_file_that_is_no_mesh_is_said(tmp_path):
    path = tmp_path / 'part.stl'
    path.write_text('solid nothing\nendsolid nothing\n')
    with pytest.raises(UserError, match=r'part\.stl'):
        mesh.load_mesh(path, (1.0, 1.0, 1.0))


@pytest.mark.parametrize('seed', range(6))
def test_a_fitted_capsule_contains_its_points(seed):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(60, 3)) * rng.uniform(0.01, 0.2, 3) + rng.normal(size=3)
    capsule = fit_capsule('link', points, 0.002)
    start, end = np.array(capsule.start), np.array(capsule.end)
    along = np.clip(((points - start) @ (end - start)) / max(capsule.length**2, 1e-12), 0.0, 1.0)
    away = np.linalg.norm(points - start - along[:, None] * (end - start), axis=1)
    assert away.max() + 0.002 <= capsule.radius + 2e-4
