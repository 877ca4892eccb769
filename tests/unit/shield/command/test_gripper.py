"""The fingers' command: at their speed, and never far from fingers that a thing has stopped."""

import pytest

from vla_core.robot.config import load_robot
from vla_shield.command.gripper import GripperCommand

GRIPPER = load_robot('ur5e').gripper
PERIOD = 0.01
STEP = GRIPPER.speed * PERIOD


def grip(width):
    made = GripperCommand(GRIPPER)
    made.reset(width)
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
    made.step_towards(asked, measured, PERIOD)
    assert made.width == pytest.approx(expected, abs=1e-12)


def test_what_it_was_about_to_let_go_is_held_again_when_nothing_may_move():
    made = grip(0.0)
    made.step_towards(0.0, 0.038, PERIOD)
    made.step_towards(0.08, 0.038, PERIOD)
    assert made.width > 0.038
    for _ in range(50):
        made.hold(0.038, PERIOD)
    assert made.width == 0.0


@pytest.mark.parametrize('measured', [0.045, 0.03, None])
def test_fingers_that_have_left_the_thing_stand_still(measured):
    made = grip(0.0)
    made.step_towards(0.0, 0.038, PERIOD)
    for _ in range(3):
        made.step_towards(0.08, 0.038, PERIOD)
    before = made.width
    if measured is None:
        made = grip(before)
    made.hold(measured, PERIOD)
    assert made.width == before
