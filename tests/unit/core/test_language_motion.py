"""Language motions: generated from chunks, parsed, and refused with suggestions."""

import numpy as np
import pytest

from vla_core.language_motion import (
    VOCABULARY,
    LanguageMotionParams,
    describe_motion,
    nearest,
    parse_motion,
    render,
)
from vla_core.records.action import EE_NAMES


def ramp(**ends):
    values = np.zeros((16, len(EE_NAMES)))
    for name, end in ends.items():
        values[:, EE_NAMES.index(name)] = np.linspace(0.0, end, 16)
    return values


@pytest.mark.parametrize(
    ('ends', 'phrase'),
    [
        ({}, 'stay'),
        ({'x': 0.01, 'rz': 0.1}, 'stay'),
        ({'y': 0.1}, 'move arm left'),
        ({'z': -0.1, 'y': 0.05}, 'move arm down and left'),
        ({'y': 0.09, 'z': -0.08}, 'move arm left and down'),
        ({'x': -0.3, 'y': 0.03}, 'move arm back'),
        ({'rz': -0.5}, 'turn arm clockwise'),
        ({'gripper': -0.08, 'x': 0.04}, 'close gripper and move arm forward'),
    ],
)
def test_a_motion_is_described_by_its_dominant_axes_in_order_of_size(ends, phrase):
    assert describe_motion(ramp(**ends), EE_NAMES) == phrase


def test_thresholds_are_parameters():
    assert describe_motion(ramp(y=0.03), EE_NAMES, LanguageMotionParams(move=0.05)) == 'stay'
    both = LanguageMotionParams(dominance=0.05)
    assert describe_motion(ramp(x=-0.3, y=0.03), EE_NAMES, both) == 'move arm back and left'


def test_the_base_has_its_own_phrases():
    values = np.array([[0.0, 0.0, 0.0], [0.5, 0.0, 0.4]])
    assert describe_motion(values, ('vx', 'vy', 'wz')) == (
        'move base forward and turn base counterclockwise'
    )


def test_every_phrase_of_the_vocabulary_round_trips():
    assert len(set(VOCABULARY)) == len(VOCABULARY) > 50
    for phrase in VOCABULARY:
        assert render(parse_motion(phrase).signs) == phrase


def test_synonyms_and_fillers_are_understood():
    motion = parse_motion('Move the arm a bit to the left and upwards, close gripper')
    assert motion.signs == {'y': 1, 'z': 1, 'gripper': -1}
    np.testing.assert_allclose(motion.direction(('x', 'y', 'z')), [0, 2**-0.5, 2**-0.5])


@pytest.mark.parametrize('text', ['fly', '', 'move arm', 'move arm left and right', 'gripper'])
def test_an_unknown_phrase_is_refused_with_three_suggestions(text):
    with pytest.raises(ValueError, match='nearest: ') as refused:
        parse_motion(text)
    assert len(nearest(text)) == 3
    assert all(phrase in str(refused.value) for phrase in nearest(text))


def test_the_nearest_phrase_comes_first():
    assert nearest('mov arm lefft')[0] == 'move arm left'
