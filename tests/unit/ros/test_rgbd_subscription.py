"""Frames from the three topics of a camera."""

import numpy as np
import pytest

from vla_core.records.sensing import CameraModel
from vla_core.robot.config import load_robot
from vla_ros.convert.sensing import camera_info_to_msg, image_to_msg
from vla_ros.rgbd_subscription import RgbdSubscription

MODEL = CameraModel('lens', 4, 2, 3.0, 3.0, 1.5, 0.5)
INFO = camera_info_to_msg(MODEL, 1.0)
PERIOD = 1 / 30  # s


class Node:
    def __init__(self):
        self.errors, self.callbacks = [], []
        self.log_error = self.errors.append

    def subscribe(self, topic, callback):
        self.callbacks.append(callback)


def colour_at(stamp):
    return image_to_msg(np.zeros((2, 4, 3), np.uint8), 'rgb8', stamp, 'lens')


def depth_at(stamp):
    return image_to_msg(np.ones((2, 4), np.float32), '32FC1', stamp, 'lens')


@pytest.fixture
def camera():
    """(frames, problem, errors) of a camera whose depth is stamped `offset` s later."""

    def play(offset, count, **limits):
        node, frames = Node(), []
        reader = RgbdSubscription(node, load_robot('ur5e').cameras[0], frames.append, **limits)
        on_colour, on_depth, on_info = node.callbacks
        on_info(INFO)
        for k in range(count):
            on_colour(colour_at(1.0 + k * PERIOD))
            on_depth(depth_at(1.0 + k * PERIOD + offset))
        return frames, reader.problem, node.errors

    return play


def test_images_of_one_exposure_are_a_frame(camera):
    frames, problem, errors = camera(0.0, 40)
    assert [frame.stamp for frame in frames] == pytest.approx(1.0 + PERIOD * np.arange(40))
    assert (problem, errors) == ('', [])


def test_images_that_do_not_pair_are_reported_with_their_offset(camera):
    frames, problem, errors = camera(0.015, 40)
    assert frames == []
    assert 'without depth: the nearest is stamped 15 ms later, and the limit is 5 ms' in problem
    assert errors[-1] == problem


def test_a_wider_limit_pairs_them(camera):
    frames, problem, errors = camera(0.015, 40, slop=0.016)
    assert len(frames) == 40
    assert (problem, errors) == ('', [])
