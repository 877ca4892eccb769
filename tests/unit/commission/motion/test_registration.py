"""Registration of points on the robot's surface that are seen with a wrong camera pose."""

import dataclasses

import numpy as np
import pytest
from clean_robot import ROBOT

from vla_commission.finding import Status
from vla_commission.motion import camera
from vla_commission.motion.registration import moved_points, register
from vla_commission.motion.surface import RobotSurface
from vla_core import geometry
from vla_core.records.sensing import RgbdFrame

CAMERA = ROBOT.camera('scene')
POSE = CAMERA.base_from_camera
SURFACE = RobotSurface(ROBOT)
OFFSETS = ((0, 0, 0, 0, 0, 0), (0.4, 0, 0, 0.3, 0, 0.4), (-0.3, 0.2, -0.3, 0, 0.4, 0),
           (0.2, -0.3, 0.3, -0.3, -0.3, 0.5))  # fmt: skip
POSES = [ROBOT.home + np.array(offset, float) for offset in OFFSETS]


def seen(error):
    """Clouds in the frame of a robot file whose camera pose is `error` (4x4) from the truth."""
    rng, clouds = np.random.default_rng(3), []
    for q in POSES:
        points, normals = SURFACE.at(q)
        facing = np.einsum('ij,ij->i', normals, points - POSE[:3, 3]) < 0.0
        kept = rng.choice(np.flatnonzero(facing), 600, replace=False)
        noisy = points[kept] + rng.normal(0.0, 0.002, (600, 3))
        clouds.append(geometry.transform(error, noisy))
    return clouds


def registered(error):
    shapes = [SURFACE.at(q) for q in POSES]
    return register(seen(error), shapes, geometry.transform(error, POSE[:3, 3][None])[0])


def error_of(shift, degrees=0.0, axis=2):
    """A turn about the camera, then a shift."""
    rotation = geometry.exp_rotation(np.radians(degrees) * np.eye(3)[axis])
    about = geometry.pose_of(rotation, POSE[:3, 3] - rotation @ POSE[:3, 3])
    return geometry.pose(shift) @ about


@pytest.mark.parametrize(
    ('shift', 'degrees', 'axis'),
    [((0.05, 0, 0), 0, 0), ((0, -0.05, 0), 0, 0), ((0, 0, 0.05), 0, 0), ((0, 0, 0), 3.0, 1),
     ((0, 0, 0), -3.0, 2), ((0.03, 0.02, -0.03), 2.0, 0)],
)  # fmt: skip
def test_a_wrong_pose_is_recovered(shift, degrees, axis):
    error = error_of(shift, degrees, axis)
    found = registered(error).correction @ error
    assert np.linalg.norm(found[:3, 3]) < 0.012
    assert np.degrees(np.linalg.norm(geometry.log_rotation(found[:3, :3]))) < 0.8


def measurement(error, surface=(0.0, 0.1)):
    return camera.CameraMeasurement('scene', registered(error), surface, [])


def checks(measured):
    found = camera.judged(ROBOT, measured)
    return [f.check for f in found if f.status == Status.FAIL]


def test_the_right_pose_has_no_finding():
    assert checks(measurement(np.eye(4))) == []


def test_a_wrong_pose_is_named_with_the_line_to_write():
    found = camera.judged(ROBOT, measurement(error_of((0.0, 0.05, 0.0))))
    assert found[0].check == 'camera.extrinsics'
    assert 'position: [1.2' in found[0].change


def test_a_robot_that_stands_higher_while_the_table_is_in_place_is_a_mount():
    found = camera.judged(ROBOT, measurement(error_of((0.0, 0.0, 0.05))))
    assert found[0].check == 'mount'
    assert 'mount: {position: [' in found[0].change


def test_a_table_that_is_off_as_well_is_the_camera():
    assert checks(measurement(error_of((0, 0, 0.05)), (0.05, 0.1))) == ['camera.extrinsics']


def test_too_few_points_are_no_registration():
    assert register([np.zeros((20, 3))], [SURFACE.at(ROBOT.home)], POSE[:3, 3]) is None


def test_what_never_moves_is_not_of_the_robot():
    depth = np.full((40, 60), 1.0, np.float32)
    views = []
    for k in range(3):
        image = depth.copy()
        image[5:35, 15 * k : 15 * k + 12] = 0.7  # the robot
        image[36:40] = 0.6  # always there
        frame = RgbdFrame('scene', 0.0, CAMERA.model, np.zeros((40, 60, 3), np.uint8), image)
        model = dataclasses.replace(CAMERA.model, width=60, height=40, cx=29.5, cy=19.5)
        views.append(camera.PoseView(ROBOT.home, dataclasses.replace(frame, model=model)))
    for points in moved_points(views):
        assert len(points) > 50
        assert np.allclose(points[:, 2], 0.7, atol=1e-6)
