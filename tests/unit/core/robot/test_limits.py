"""Joint limits: NaN is outside, arrays are read-only, invalid limits are refused."""

import numpy as np
import pytest

from vla_core.robot.limits import JointLimits

NAMES = ('a', 'b')


def limits(**change):
    values = {
        'lower': [-1.0, -2.0],
        'upper': [1.0, 2.0],
        'velocity': [1.0, 1.0],
        'acceleration': [2.0, 2.0],
        'jerk': [9.0, 9.0],
    }
    return JointLimits(NAMES, **{**values, **change})


def test_positions_are_clamped_to_the_limits_less_the_margin():
    np.testing.assert_array_equal(limits().clamp([5.0, -5.0]), [1.0, -2.0])
    np.testing.assert_allclose(limits().clamp([5.0, -5.0], margin=0.1), [0.9, -1.9])
    np.testing.assert_array_equal(limits().clamp([0.5, 0.5]), [0.5, 0.5])


@pytest.mark.parametrize(
    ('q', 'margin', 'expected'),
    [
        ([1.0, -2.0], 0.0, True),
        ([1.0, -2.0], 0.1, False),
        ([0.9, 0.0], 0.2, False),
        ([0.0, -1.9], 0.2, False),
        ([1.01, 0.0], 0.0, False),
        ([0.0, -2.01], 0.0, False),
        ([np.nan, 0.0], 0.0, False),
        ([0.0, np.inf], 0.0, False),
    ],
)
def test_within_holds_for_every_joint_and_never_for_nan(q, margin, expected):
    assert limits().within(q, margin) is expected


@pytest.mark.parametrize('field', ['lower', 'upper', 'velocity', 'acceleration', 'jerk'])
def test_arrays_are_read_only_copies(field):
    given = np.array([-3.0, -3.0]) if field == 'lower' else np.array([3.0, 3.0])
    made = limits(**{field: given})
    given[0] = 100.0
    assert getattr(made, field)[0] == pytest.approx(-3.0 if field == 'lower' else 3.0)
    with pytest.raises(ValueError, match='read-only'):
        getattr(made, field)[0] = 0.0


@pytest.mark.parametrize(
    ('change', 'word'),
    [
        ({'velocity': [1.0]}, 'velocity has shape'),
        ({'lower': [np.nan, 0.0]}, 'lower is not finite'),
        ({'jerk': [1.0, np.inf]}, 'jerk is not finite'),
        ({'acceleration': [0.0, 1.0]}, 'acceleration must be positive'),
        ({'lower': [1.0, -2.0]}, 'lower must be smaller'),
    ],
)
def test_invalid_limits_are_refused(change, word):
    with pytest.raises(ValueError, match=word):
        limits(**change)
