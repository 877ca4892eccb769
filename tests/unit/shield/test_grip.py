"""The fingers' command: at their speed, and never far from fingers that a thing has stopped."""

import pytest

from vla_core.robot import load_robot
from vla_shield.grip import Grip

GRIPPER = load_robot('ur5e').gripper
PERIOD = 0.01
STEP = GRIPPER.speed * PERIOD


def grip(width):
    made = Grip(GRIPPER)
    made.place(width)
    return made


@pytest.mark.parametrize(
    ('commanded', 'asked', 'measured', 'expected'),
    [
        (0.05, 0.08, 0.05, 0.05 + STEP),
        (0.05, 0.0, 0.05, 0.05 - STEP),
        (0.0, 0.08, 0.038, 0.038 + STEP),  # closed on a thing, let go: at once
        (0.08, 0.0, 0.05, 0.05 - STEP),  # kept from opening, then closed
        (0.05, 0.08, 0.04, 0.05 + STEP),  # on its way, a little behind: goes on
        (0.05, 0.0, 0.06, 0.05 - STEP),
        (0.0, 0.02, 0.038, 0.02),  # squeezed less: not let go
        (0.0, 0.08, None, STEP),  # never measured
        (0.0, 0.0, 0.038, 0.0),  # holds on
    ],
)
def test_one_period(commanded, asked, measured, expected):
    made = grip(commanded)
    made.move(asked, measured, PERIOD)
    assert made.width == pytest.approx(expected, abs=1e-12)
