"""Fingers are placed along their path, whether they slide or turn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vla_core.robot.config import load_robot
from vla_core.robot.finger_path import FingerPath
from vla_core.robot.model import collision_model, link_of

DATA = Path(__file__).parents[3] / 'data/robots'


@pytest.fixture(scope='module')
def jaw_arm():
    return load_robot(DATA / 'jaw_arm.yaml')  # its URDF is relative to the robot file


@pytest.mark.parametrize('width', [0.01, 0.022, 0.047, 0.07])
def test_a_turning_jaw_is_where_the_model_has_it(jaw_arm, width):
    path = FingerPath(jaw_arm, jaw_arm.gripper)
    _, shapes = collision_model(jaw_arm, width)
    for k, placement in zip(path.shapes, path.at(width), strict=True):
        wanted = shapes.geometryObjects[k].placement
        np.testing.assert_allclose(placement.translation, wanted.translation, atol=2e-4)
        np.testing.assert_allclose(placement.rotation, wanted.rotation, atol=5e-3)


def test_the_jaw_that_stands_touches_as_well(jaw_arm):
    path = FingerPath(jaw_arm, jaw_arm.gripper)
    model, shapes = collision_model(jaw_arm)
    links = [link_of(model, item) for item in shapes.geometryObjects]
    assert {links[k] for k in path.shapes} == {'moving_jaw', 'flap'}
    assert {links[k] for k in path.touching} == {'moving_jaw', 'flap', 'hand'}


def test_no_point_of_a_finger_moves_faster_than_its_rate(jaw_arm):
    path = FingerPath(jaw_arm, jaw_arm.gripper)
    _, shapes = collision_model(jaw_arm)
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
    low, high = jaw_arm.gripper.closed_width, jaw_arm.gripper.open_width
    widths = np.linspace(low, high, 300)
    for j, k in enumerate(path.shapes):
        geometry = shapes.geometryObjects[k].geometry
        half = getattr(geometry, 'halfSide', None)
        points = corners * (np.asarray(half) if half is not None else geometry.radius / 3**0.5)
        moved = np.array([[path.at(w)[j].act(p) for p in points] for w in widths])
        speed = np.linalg.norm(np.diff(moved, axis=0), axis=2) / (widths[1] - widths[0])
        assert speed.max() <= path.rate


def test_sliding_fingers_move_by_half_of_the_opening():
    robot = load_robot('ur5e')
    path = FingerPath(robot, robot.gripper)
    assert path.rate == pytest.approx(0.5, abs=1e-6)
