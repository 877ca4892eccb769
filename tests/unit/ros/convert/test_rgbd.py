"""A frame from colour, depth and camera info; what is not one is refused with the cause."""

from array import array
from dataclasses import replace

import numpy as np
import pytest

from vla_core.records.sensing import CameraModel, RgbdFrame
from vla_core.robot.config import load_robot
from vla_ros.convert.fields import BadMessage, time_msg
from vla_ros.convert.rgbd import frame_from_msgs, frame_to_msgs, rgb_of

NOW = 1_795_000_000.25  # s
CAMERA = load_robot('ur5e').camera('scene')
MODEL = CameraModel('lens', 32, 24, 30.0, 31.0, 15.5, 11.5)


@pytest.fixture
def frame():
    dice = np.random.default_rng(1)
    rgb = dice.integers(1, 256, (24, 32, 3), dtype=np.uint8)
    return RgbdFrame('scene', NOW, MODEL, rgb, dice.uniform(0.1, 2, (24, 32)).astype(np.float32))


@pytest.mark.parametrize('unit', [None, 0.001])
def test_a_frame_comes_back_pixel_by_pixel(frame, unit):
    camera = replace(CAMERA, depth_unit=unit)
    found = frame_from_msgs(camera, *frame_to_msgs(frame, camera))
    assert (found.camera, found.stamp, found.model) == ('scene', NOW, MODEL)
    np.testing.assert_array_equal(found.rgb, frame.rgb)
    np.testing.assert_allclose(found.depth, frame.depth, rtol=1e-6)


@pytest.mark.parametrize('offset', [-0.04, 0.04])
def test_a_frame_is_as_old_as_its_older_image(frame, offset):
    colour, depth, info = frame_to_msgs(frame, CAMERA)
    depth.header.stamp = time_msg(NOW + offset)
    stamp = frame_from_msgs(CAMERA, colour, depth, info).stamp
    assert stamp == pytest.approx(NOW + min(offset, 0.0), abs=1e-6)


def test_depth_of_another_size_is_not_registered(frame):
    colour, _, info = frame_to_msgs(frame, CAMERA)
    small = replace(frame, depth=frame.depth[::2, ::2])
    with pytest.raises(BadMessage, match=r'depth is 16x12, colour 32x24.*not registered.*align'):
        frame_from_msgs(CAMERA, colour, frame_to_msgs(small, CAMERA)[1], info)


def test_depth_in_another_frame_is_not_registered(frame):
    colour, depth, info = frame_to_msgs(frame, CAMERA)
    depth.header.frame_id = 'depth_lens'
    with pytest.raises(BadMessage, match='depth is in depth_lens, colour in lens: depth is not'):
        frame_from_msgs(CAMERA, colour, depth, info)


def test_an_info_of_another_size_is_refused_and_so_is_the_size_in_the_file(frame):
    colour, depth, info = frame_to_msgs(frame, CAMERA)
    info.width, info.height = 64, 48
    with pytest.raises(BadMessage, match='camera info describes 64x48, but the image is 32x24'):
        frame_from_msgs(CAMERA, colour, depth, info)
    trusted = replace(CAMERA, intrinsics='fov_y')
    with pytest.raises(BadMessage, match='the robot file has 320x240, but the image is 32x24'):
        frame_from_msgs(trusted, colour, depth, None)


def test_a_missing_info_is_named(frame):
    colour, depth, _ = frame_to_msgs(frame, CAMERA)
    with pytest.raises(BadMessage, match='no camera info'):
        frame_from_msgs(CAMERA, colour, depth, None)


def test_a_distorted_image_is_rectified_and_a_rectified_one_is_left_as_it_is(frame):
    colour, depth, info = frame_to_msgs(frame, CAMERA)
    info.d = array('d', [0.3, 0.0, 0.0, 0.0, 0.0])
    straight = frame_from_msgs(CAMERA, colour, depth, info)
    assert not np.array_equal(straight.rgb, frame.rgb)
    assert not np.array_equal(straight.depth, frame.depth)
    np.testing.assert_array_equal(rgb_of(CAMERA, colour, info)[1], straight.rgb)
    kept = frame_from_msgs(replace(CAMERA, rectified=True), colour, depth, info)
    np.testing.assert_array_equal(kept.depth, frame.depth)
