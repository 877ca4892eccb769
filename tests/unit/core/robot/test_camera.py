"""Cameras of a robot file: topics, mount, intrinsics; what is wrong is named."""

from dataclasses import replace

import numpy as np
import pytest

from vla_core import geometry
from vla_core.errors import UserError
from vla_core.robot.camera import CameraConfig
from vla_core.robot.config import load_robot
from vla_core.robot.model import collision_model

SCENE = CameraConfig(
    'top', 'scene', '/camera/camera', 'lens', position=(0.5, 0.0, 1.0), look_at=(0.5, 0.0, 0.0)
)
WRIST = CameraConfig('wrist', 'wrist', '/wrist_camera', 'wrist_camera_optical_frame')
DOWN = np.array([[0.0, -1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, -1.0]])  # image up is base x


def placed(**orientation):
    return replace(SCENE, look_at=None, **orientation)


def test_topics_have_the_usual_suffixes():
    assert replace(SCENE, topic='/scene/').topics == (
        '/scene/color/image_raw', '/scene/depth/image_raw', '/scene/color/camera_info'
    )  # fmt: skip


def test_a_stream_may_have_a_name_of_its_own():
    camera = replace(
        SCENE, depth_topic='aligned_depth_to_color/image_raw', info_topic='/elsewhere/info'
    )
    assert camera.topics == (
        '/camera/camera/color/image_raw', '/camera/camera/aligned_depth_to_color/image_raw',
        '/elsewhere/info',
    )  # fmt: skip


def test_a_topic_is_rectified_by_its_name_unless_the_file_says_otherwise():
    rectified = replace(SCENE, colour_topic='color/image_rect_color')
    assert (SCENE.is_rectified, rectified.is_rectified) == (False, True)
    assert not replace(rectified, rectified=False).is_rectified
    assert replace(SCENE, rectified=True).is_rectified
    assert not replace(SCENE, topic='/rectory').is_rectified


@pytest.mark.parametrize(
    'camera',
    [
        SCENE,
        placed(rpy=(np.pi, 0.0, -np.pi / 2)),
        placed(quaternion=(0.5**0.5, -(0.5**0.5), 0.0, 0.0)),
        placed(rpy=(0.0, np.pi / 2, 0.0), axes='body'),
    ],
    ids=['look_at', 'rpy', 'quaternion', 'rpy of the body'],
)
def test_a_camera_straight_above_is_given_in_any_way(camera):
    np.testing.assert_allclose(camera.base_from_camera[:3, :3], DOWN, atol=1e-9)
    np.testing.assert_allclose(camera.base_from_camera[:3, 3], (0.5, 0.0, 1.0))


def test_look_at_rpy_and_quaternion_of_an_oblique_camera_agree():
    by_point = replace(SCENE, position=(1.2, -0.4, 0.8))
    pose = by_point.base_from_camera
    quaternion = tuple(geometry.quat_from_matrix(pose[:3, :3]).tolist())
    given = replace(by_point, look_at=None, quaternion=quaternion)
    np.testing.assert_allclose(given.base_from_camera, pose, atol=1e-12)


def test_a_wrist_camera_is_a_link_or_stands_in_its_parent():
    assert (WRIST.link, WRIST.link_from_camera.tolist()) == (WRIST.frame, np.eye(4).tolist())
    carried = replace(WRIST, parent='tool0', position=(0.0, -0.06, 0.02), rpy=(0.0, 0.0, np.pi))
    assert carried.link == 'tool0'
    np.testing.assert_allclose(
        carried.link_from_camera,
        geometry.pose((0.0, -0.06, 0.02), (0.0, 0.0, 1.0, 0.0)),
        atol=1e-9,
    )
    with pytest.raises(UserError, match='camera wrist moves with tool0'):
        _ = carried.base_from_camera


@pytest.mark.parametrize(
    ('camera', 'changes', 'reason'),
    [
        (SCENE, {'look_at': None}, 'needs position and one of .*; it has position$'),
        (SCENE, {'position': None}, 'it has look_at$'),
        (SCENE, {'rpy': (0.0, 0.0, 0.0)}, 'it has position, look_at, rpy'),
        (SCENE, {'parent': 'tool0'}, 'a scene camera needs'),
        (SCENE, {'look_at': (0.5, 0.0, 1.0)}, 'look_at is its own position'),
        (WRIST, {'position': (0.0, 0.0, 0.0)}, 'name the link that carries it as parent'),
        (WRIST, {'parent': 'tool0'}, 'a camera on tool0 needs position.*it has none of them'),
        (
            WRIST,
            {'parent': 'tool0', 'position': (0.0, 0.0, 0.0), 'look_at': (0.0, 0.0, 1.0)},
            'one of rpy, quaternion; it has position, look_at',
        ),
        (
            SCENE,
            {'look_at': None, 'quaternion': (1.0, 1.0, 0.0, 0.0)},
            'camera top: quaternion is not unit length',
        ),
        (SCENE, {'look_at': None, 'rpy': (180.0, 0.0, 0.0)}, r'rpy is \[180, 0, 0\].*rad'),
        (SCENE, {'colour_topic': 'color/image_raw/compressed'}, 'republish compressed raw'),
        (
            SCENE,
            {'depth_topic': 'depth/image/compressedDepth'},
            'is compressedDepth, which is not',
        ),
        (SCENE, {'depth_topic': ''}, 'depth_topic needs a name'),
        (SCENE, {'topic': ''}, 'colour_topic needs a name, or topic a prefix'),
        (SCENE, {'depth_unit': 0.0}, 'depth_unit is 0.0'),
        (SCENE, {'intrinsics': 'guess'}, 'known: camera_info, fov_y'),
    ],
)
def test_a_wrong_camera_is_refused_by_name(camera, changes, reason):
    with pytest.raises(ValueError, match=reason):
        replace(camera, **changes)


def test_the_model_of_the_file_has_its_field_of_view():
    model = replace(SCENE, width=640, height=480, fov_y=60.0).model
    assert (model.width, model.height, model.cx, model.cy) == (640, 480, 319.5, 239.5)
    assert 2 * np.degrees(np.arctan(240.0 / model.fy)) == pytest.approx(60.0)


def test_two_cameras_of_one_name_or_topic_are_refused():
    robot = load_robot('ur5e')
    scene = robot.camera('scene')
    with pytest.raises(ValueError, match='cameras must be unique; scene'):
        replace(robot, cameras=(scene, replace(scene, topic='/other')))
    with pytest.raises(ValueError, match='image topics must be unique; scene_camera/color'):
        replace(robot, cameras=(scene, replace(scene, name='second')))


def test_a_wrist_camera_on_a_link_that_is_not_there_is_named_with_the_links_that_are():
    robot = load_robot('ur5e')
    lost = replace(robot.camera('wrist'), frame='camera_mount')
    with pytest.raises(UserError, match=r'camera wrist is on camera_mount.*wrist_3_link'):
        collision_model(replace(robot, cameras=(robot.camera('scene'), lost)))
