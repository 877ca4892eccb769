"""Camera info of drivers: which matrix holds, binning, region of interest, distortion."""

from array import array
from dataclasses import replace

import numpy as np
import pytest

from vla_core.records.sensing import CameraModel
from vla_core.robot.config import load_robot
from vla_ros.convert.camera_info import camera_info_to_msg, images_of
from vla_ros.convert.fields import BadMessage
from vla_ros.convert.rectification import Distortion

CAMERA = load_robot('ur5e').camera('scene')
RECTIFIED = replace(CAMERA, colour_topic='color/image_rect_color')
MODEL = CameraModel('lens', 640, 480, 500.0, 510.0, 320.5, 241.0)
D = [0.1, -0.2, 0.001, 0.002, 0.05]


def info(**fields):
    """Camera info of MODEL; 'K0' is the focal length in K, 'P' a factor of the one in P."""
    message = camera_info_to_msg(MODEL, 1.0)
    for field, value in fields.items():
        setattr(message, field, value)
    return message


def matrix(**elements):
    values = np.array(info().p)
    for key, value in elements.items():
        values[int(key[1:])] = value
    return values


def test_the_model_of_an_undistorted_camera_is_its_own():
    assert images_of(CAMERA, info()) == (MODEL, None)


def test_a_distorted_raw_image_has_k_and_its_distortion():
    model, distortion = images_of(CAMERA, info(d=array('d', D), p=matrix(i0=470.0, i5=480.0)))
    assert model == MODEL
    assert distortion == Distortion('plumb_bob', tuple(D))


@pytest.mark.parametrize(
    'camera', [RECTIFIED, replace(CAMERA, rectified=True)], ids=['by its topic', 'by the file']
)
def test_a_rectified_image_whose_info_keeps_d_has_p_and_no_distortion(camera):
    model, distortion = images_of(camera, info(d=array('d', D), p=matrix(i0=470.0, i5=480.0)))
    assert (model.fx, model.fy) == (470.0, 480.0)
    assert distortion is None


def test_a_topic_that_only_sounds_rectified_is_raw_when_the_file_says_so():
    _, distortion = images_of(replace(RECTIFIED, rectified=False), info(d=array('d', D)))
    assert distortion is not None


def test_binning_and_region_of_interest_are_those_of_the_published_image():
    binned, _ = images_of(CAMERA, info(binning_x=2, binning_y=2))
    assert binned == CameraModel('lens', 320, 240, 250.0, 255.0, 160.25, 120.5)
    message = info()
    message.roi.x_offset, message.roi.y_offset = 100, 50
    message.roi.width, message.roi.height = 400, 300
    part, _ = images_of(CAMERA, message)
    assert part == CameraModel('lens', 400, 300, 500.0, 510.0, 220.5, 191.0)


def test_intrinsics_of_the_robot_file_hold_where_it_says_so_with_any_info():
    trusted = replace(CAMERA, intrinsics='fov_y')
    for given in (None, info(k=np.zeros(9))):
        assert images_of(trusted, given) == (trusted.model, None)


@pytest.mark.parametrize(
    ('fields', 'reason'),
    [
        ({'k': np.zeros(9)}, 'K of the camera info has focal lengths 0 and 0.*intrinsics: fov_y'),
        ({'k': np.full(9, np.nan)}, 'K of the camera info has focal lengths nan'),
        ({'k': np.array([500.0, 0, 900, 0, 500, 240, 0, 0, 1])}, 'principal point'),
        ({'d': array('d', [np.nan] * 5)}, 'd of the camera info is not finite'),
        ({'d': array('d', D), 'distortion_model': 'kannala'}, "'kannala'; known: plumb_bob"),
        ({'d': array('d', [0.1] * 12), 'distortion_model': 'rational_polynomial'}, '12 coeff'),
        ({'d': array('d', [0.1])}, '1 coefficients; plumb_bob has 5'),
    ],
)
def test_an_info_that_does_not_describe_a_camera_is_refused_with_the_cause(fields, reason):
    with pytest.raises(BadMessage, match=reason):
        images_of(CAMERA, info(**fields))


@pytest.mark.parametrize(
    ('p', 'reason'),
    [
        (np.zeros(12), 'P of the camera info has focal lengths 0'),
        (matrix(i3=-25.0), 'right camera of a stereo pair'),
    ],
)
def test_a_rectified_image_needs_a_valid_p(p, reason):
    with pytest.raises(BadMessage, match=reason):
        images_of(RECTIFIED, info(p=p))


def test_an_info_without_a_frame_is_refused():
    message = info()
    message.header.frame_id = ''
    with pytest.raises(BadMessage, match='names no frame'):
        images_of(CAMERA, message)
