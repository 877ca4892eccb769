"""Machine code of the perception against its own source and what is known of the solids."""

import numpy as np
import pytest

from vla_core.robot.config import load_robot
from vla_perception.camera import robot_mask
from vla_perception.camera.robot_mask import Pose, RobotBody
from vla_perception.detection import surfaces

CENTRE, SIZE = np.array([0.4, -0.1, 0.03]), np.array([0.05, 0.04, 0.06])


def on_a_ball(dice, centre, radius, count=80):
    """Points of the upper half."""
    ways = dice.normal(size=(count, 3))
    ways[:, 2] = np.abs(ways[:, 2])
    return centre + radius * ways / np.linalg.norm(ways, axis=1)[:, None]


def cloud(seed):
    return np.random.default_rng(seed).uniform(-0.1, 0.1, (60, 3)) + CENTRE


DISTANCES = {
    'cuboid_distances': (CENTRE, 0.3, SIZE),
    'cylinder_distances': (CENTRE, SIZE),
    'ball_distances': (CENTRE, 0.03),
}
FITS = {'ball_through': (CENTRE,), 'circle_through': (np.array([0.4, -0.1, 0.05]),)}


@pytest.mark.parametrize('name', DISTANCES | FITS)
def test_machine_code_does_what_its_source_does(name):
    function, more = getattr(surfaces, name), (DISTANCES | FITS)[name]
    for seed in range(20):
        points = cloud(seed)
        source = function.py_func(points, *more)
        np.testing.assert_allclose(function(points, *more), source, rtol=1e-9)


@pytest.mark.parametrize('name', DISTANCES)
def test_a_point_that_is_no_number_has_no_distance_and_spoils_the_misfit(name):
    points = cloud(0)
    points[7, 1] = np.nan
    found = getattr(surfaces, name)(points, *DISTANCES[name])
    assert np.flatnonzero(np.isnan(found)).tolist() == [7]
    assert np.isnan(surfaces.misfit(found, 0.01))
    assert np.isnan(surfaces.misfit.py_func(found, 0.01))


@pytest.mark.parametrize('name', FITS)
def test_nothing_is_fitted_to_a_point_that_is_no_number(name):
    points = cloud(0)
    points[7, 1] = np.nan
    with pytest.raises(np.linalg.LinAlgError):
        getattr(surfaces, name)(points, *FITS[name])


def test_distances_are_zero_on_the_surface_and_signed_off_it():
    turn, c, s = 0.3, np.cos(0.3), np.sin(0.3)
    local = np.array([[0.025, 0.0, 0.01], [0.025, 0.02, 0.03], [0.0, 0.0, 0.0], [0.035, 0.0, 0.0]])
    world = local @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]]) + CENTRE
    found = surfaces.cuboid_distances(world, CENTRE, turn, SIZE)
    np.testing.assert_allclose(found, [0.0, 0.0, -0.02, 0.01], atol=1e-12)
    found = surfaces.cylinder_distances(local + CENTRE, CENTRE, SIZE)
    far = np.hypot(0.025, 0.02) - 0.025
    np.testing.assert_allclose(found, [0.0, far, -0.025, 0.01], atol=1e-12)


def test_the_ball_and_the_circle_behind_points_are_found():
    dice = np.random.default_rng(0)
    points = on_a_ball(dice, CENTRE, 0.03)
    x, y, radius = surfaces.ball_through(points, np.array([0.39, -0.08, 0.0]))
    np.testing.assert_allclose([x, y, radius], [0.01, -0.02, 0.03], atol=1e-6)
    angles = dice.uniform(0.0, np.pi, 40)
    ring = np.stack([0.4 + 0.02 * np.cos(angles), 0.02 * np.sin(angles) - 0.1], axis=1)
    circle = surfaces.circle_through(ring, np.array([0.405, -0.09, 0.03]))
    np.testing.assert_allclose(circle, [0.4, -0.1, 0.02], atol=1e-6)


def test_one_wild_distance_counts_as_the_most():
    assert surfaces.misfit(np.array([0.003, -0.004, 5.0]), 0.01) == pytest.approx(
        np.sqrt((0.003**2 + 0.004**2 + 0.01**2) / 3)
    )


def test_what_the_robot_covers_is_what_is_near_one_of_its_boxes():
    robot = load_robot('ur5e')
    body = RobotBody(robot)
    pose = Pose(robot.home, np.eye(4), 0.06)
    points = np.random.default_rng(1).uniform(-0.7, 0.9, (4000, 3)).astype(np.float32)
    near = np.zeros(len(points), bool)
    for placed, half, radius in zip(body._placements(pose), body._half, body._radius, strict=True):
        local = (points - placed[:3, 3]) @ placed[:3, :3]
        outside = np.linalg.norm(np.maximum(np.abs(local) - half, 0.0), axis=1)
        near |= outside <= radius + 0.015
    found = body.covers(points, pose, 0.015)
    assert 20 < near.sum() < 2000
    np.testing.assert_array_equal(found, near)
    points[:] = np.nan
    assert not robot_mask.covered(points, body._placements(pose), body._half, body._radius).any()
