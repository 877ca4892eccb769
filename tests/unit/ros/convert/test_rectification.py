"""Rectified images show straight lines, and each depth on its own colour."""

import numpy as np
import pytest

from vla_core.records.sensing import CameraModel
from vla_ros.convert.rectification import Distortion, distorted, rectified

MODEL = CameraModel('lens', 320, 240, 260.0, 260.0, 159.5, 119.5)
BARREL = Distortion('plumb_bob', (-0.3, 0.08, 0.001, -0.002, 0.0))
LENSES = [
    BARREL,
    Distortion('plumb_bob', (0.15, -0.05, 0.0, 0.0, 0.01)),
    Distortion('rational_polynomial', (0.5, 0.1, 0.001, 0.0, 0.02, 0.6, 0.1, 0.01)),
    Distortion('equidistant', (-0.02, 0.004, -0.001, 0.0)),
]


def grid():
    u, v = np.meshgrid(np.arange(MODEL.width), np.arange(MODEL.height))
    return (u - MODEL.cx) / MODEL.fx, (v - MODEL.cy) / MODEL.fy


def shown_by(lens, pattern):
    """The image that a camera with this lens makes of a pattern over directions (x, y): the
    inverse of the distortion by fixed-point iteration, independent of the code under test."""
    target = np.stack(grid())
    found = target.copy()
    for _ in range(200):
        found += 0.7 * (target - np.stack(distorted(*found, lens)))
    return pattern(*found)


@pytest.mark.parametrize('lens', LENSES, ids=lambda lens: lens.model)
def test_a_distorted_pattern_is_straight_again(lens):
    def pattern(x, y):
        return (0.5 + 0.3 * np.sin(9.0 * x) + 0.2 * np.cos(7.0 * y)).astype(np.float32)

    expected, seen = pattern(*grid()), shown_by(lens, pattern)
    found = rectified(seen, MODEL, lens)
    is_seen = found != 0.0
    assert is_seen[60:180, 80:240].all()
    assert np.abs(found - expected)[is_seen].max() < 0.02  # half a pixel of the pattern
    assert np.abs(seen - expected).max() > 0.05


def test_colour_and_depth_take_the_same_pixel_and_nothing_is_invented_outside():
    depth = np.arange(320 * 240, dtype=np.float32).reshape(240, 320) + 1.0
    colour = (np.arange(320 * 240) % 251 + 1).astype(np.uint8).reshape(240, 320, 1).repeat(3, -1)
    wide = Distortion('plumb_bob', (0.4, 0.0, 0.0, 0.0, 0.0))  # the corners are not seen
    metres, rgb = rectified(depth, MODEL, wide), rectified(colour, MODEL, wide)
    is_seen = metres > 0.0
    assert not is_seen[0, 0]
    assert (rgb[~is_seen] == 0).all()
    source = metres[is_seen].astype(int) - 1
    np.testing.assert_array_equal(rgb[is_seen], colour.reshape(-1, 3)[source])


def test_the_centre_stays_and_a_barrel_draws_the_corners_in():
    x, y = distorted(np.array([0.0, 0.5]), np.array([0.0, 0.4]), BARREL)
    assert (x[0], y[0]) == (0.0, 0.0)
    assert np.hypot(x[1], y[1]) < np.hypot(0.5, 0.4)


@pytest.mark.parametrize(
    ('model', 'd', 'expected'),
    [
        ('plumb_bob', (0.1, -0.2, 0.01, 0.02, 0.05), (0.307918955, -0.20224597)),
        (
            'rational_polynomial',
            (0.1, -0.2, 0.01, 0.02, 0.05, 0.3, -0.1, 0.02),
            (0.29701118665, -0.19497412444),
        ),
        ('equidistant', (-0.02, 0.004, -0.001, 0.0005), (0.28725492124, -0.19150328082)),
    ],
)
def test_the_formulas_are_those_of_sensor_msgs(model, d, expected):
    """Worked out by hand for the direction (0.3, -0.2), from the definitions of REP-104."""
    x, y = distorted(np.array([0.3]), np.array([-0.2]), Distortion(model, d))
    assert (x[0], y[0]) == pytest.approx(expected, abs=1e-9)
