"""Rows of proprioception, and windows of images."""

from types import SimpleNamespace

import numpy as np
import pytest

from vla_core import geometry
from vla_core.records.sensing import CameraModel, RgbdFrame
from vla_policy.tokens.proprioception import COLUMNS, HandMemory
from vla_policy.tokens.windows import WindowParams, as_tensor, crop_of, projected, window

MODEL = CameraModel('optical', 320, 240, 260.0, 260.0, 159.5, 119.5)
SCENE = WindowParams(64, 128, scale=0.005)


def observation(stamp=0.0, place=(0.46, 0.0, 0.3), opening=0.08, yaw=0.0):
    return SimpleNamespace(
        stamp=stamp, base_from_tcp=geometry.tool_down(place, yaw), gripper=opening,
        tcp_velocity=np.zeros(6),
    )  # fmt: skip


def value(row, name):
    return row[COLUMNS.index(name)]


def test_a_row_has_a_name_for_each_column():
    row = HandMemory().row(observation())
    assert row.shape == (len(COLUMNS),) == (22,)
    assert row.dtype == np.float32


def test_before_and_after_a_descent_the_same_place_gives_different_rows():
    memory = HandMemory()
    before = memory.row(observation(0.0))
    memory.row(observation(0.2, (0.46, 0.0, 0.02), 0.08))
    memory.row(observation(0.4, (0.46, 0.0, 0.02), 0.04))
    after = memory.row(observation(0.6, opening=0.08))
    assert value(before, 'lowest height') > value(after, 'lowest height')
    assert value(after, 'dz since the lowest') == pytest.approx(1.4, abs=1e-5)
    assert value(after, 'time since the fingers closed') == pytest.approx(0.1, abs=1e-5)
    memory.reset()
    assert np.array_equal(memory.row(observation(0.0)), before)


@pytest.mark.parametrize('place', [(np.nan, 0.0, 0.3), (np.inf, 0.0, 0.3)])
def test_what_is_not_finite_is_refused(place):
    with pytest.raises(ValueError, match='not finite'):
        HandMemory().row(observation(place=place))


def camera_above(height, centre=(0.46, 0.0, 0.05)):
    """(4, 4) of a camera that looks straight down on a point."""
    return geometry.tool_down((centre[0], centre[1], centre[2] + height), 0.0)


def frame_with_square(pose, centre=(0.46, 0.0, 0.05), name='scene'):
    """A black image with a white square of 2 cm at a point."""
    image = np.zeros((240, 320, 3), np.uint8)
    u, v, z = projected(np.array(centre), pose, MODEL)
    half = 0.5 * 0.02 * MODEL.fx / z
    image[round(v - half) : round(v + half), round(u - half) : round(u + half)] = 255
    return RgbdFrame(name, 0.0, MODEL, image, np.zeros((240, 320), np.float32))


@pytest.mark.parametrize('height', [0.8, 1.0, 1.2])
def test_a_window_in_metres_shows_the_same_from_another_distance(height):
    pose = camera_above(height)
    made = window(frame_with_square(pose), SCENE, pose)
    assert made.shape == (64, 128, 3)
    rows, columns = np.nonzero(made[..., 0] > 127)
    assert rows.mean() == pytest.approx(31.5, abs=1.0)
    assert columns.mean() == pytest.approx(63.5, abs=1.0)
    assert np.ptp(columns) + 1 == pytest.approx(0.02 / SCENE.scale, abs=1)


def test_a_window_that_leaves_the_image_is_refused_with_its_corners():
    pose = camera_above(0.3)
    with pytest.raises(ValueError, match='is not inside its image of 320 x 240'):
        window(frame_with_square(pose), SCENE, pose)
    with pytest.raises(ValueError, match='its pose is needed'):
        window(frame_with_square(camera_above(1.0)), SCENE, None)


def test_a_point_behind_the_camera_is_refused():
    with pytest.raises(ValueError, match='behind the camera'):
        projected(np.array([0.46, 0.0, 5.0]), camera_above(1.0), MODEL)


def test_the_middle_of_a_wrist_image_is_square():
    image = np.zeros((240, 320, 3), np.uint8)
    image[:, 40:280] = 200
    made = window(
        RgbdFrame('wrist', 0.0, MODEL, image, np.zeros((240, 320))), WindowParams(), None
    )
    assert made.shape == (64, 64, 3)
    assert made.min() >= 198
    assert as_tensor(made[None]).shape == (1, 3, 64, 64)


def test_a_point_is_in_the_window_where_its_picture_shows_it():
    pose = camera_above(1.0)
    point = np.array([0.51, -0.12, 0.05])
    made = window(frame_with_square(pose, tuple(point)), SCENE, pose)
    rows, columns = np.nonzero(made[..., 0] > 127)
    u, v, _ = projected(point, pose, MODEL)
    across, down = crop_of('scene', MODEL, SCENE, pose).place(u, v)
    assert across == pytest.approx(2.0 * (columns.mean() + 0.5) / 128 - 1.0, abs=0.03)
    assert down == pytest.approx(2.0 * (rows.mean() + 0.5) / 64 - 1.0, abs=0.03)
