"""Colour names hold under dim and bright light; what has no hue is grey."""

import numpy as np
import pytest
from pictures import RGB

from vla_perception.detection.colour import hue_of, name_colour

NAMES = ['red', 'orange', 'yellow', 'green', 'cyan', 'blue', 'purple']


@pytest.mark.parametrize('light', [0.45, 0.7, 1.0, 1.15])
@pytest.mark.parametrize('name', NAMES)
def test_a_colour_keeps_its_name_in_any_light(name, light):
    rgb = np.clip(np.array(RGB[name]) * light, 0, 255)
    pixels = np.clip(rgb + np.random.default_rng(0).normal(0, 5, (200, 3)), 0, 255)

    assert name_colour(pixels.astype(np.uint8)) == name


@pytest.mark.parametrize(
    ('rgb', 'name'),
    [((20, 21, 23), 'black'), ((120, 121, 124), 'gray'), ((240, 240, 238), 'white')],
)
def test_what_has_no_hue_is_black_gray_or_white(rgb, name):
    pixels = np.full((50, 3), rgb, np.uint8)

    assert name_colour(pixels) == name
    assert np.all(hue_of(pixels) == -1)
