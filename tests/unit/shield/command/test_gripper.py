"""The gripper command: within its speed, and near the fingers when an object stops them."""

import pytest

from vla_core.robot.config import load_robot
from vla_shield.command.gripper import GripperCommand

GRIPPER = load_robot('ur5e').gripper
PERIOD = 0.01
STEP = GRIPPER.speed * PERIOD


def command_at(width):
    command = GripperCommand(GRIPPER)
    command.reset(width)
    return command


@pytest.mark.parametrize(
    ('commanded', 'requested', 'measured', 'expected'),
    [
        (0.05, 0.08, 0.05, 0.05 + STEP),
        (0.05, 0.0, 0.05, 0.05 - STEP),
        (0.0, 0.08, 0.038, 0.038 + STEP),  # closed on an object, released: at once
        (0.08, 0.0, 0.05, 0.05 - STEP),  # blocked while opening, then closed
        (0.05, 0.08, 0.04, 0.05 + STEP),  # moving, slightly behind: continues
        (0.05, 0.0, 0.06, 0.05 - STEP),
        (0.0, 0.02, 0.038, 0.02),  # squeezed less: not released
        (0.0, 0.08, None, STEP),  # never measured
        (0.0, 0.0, 0.038, 0.0),  # keeps its grasp
    ],
)
def test_one_period(commanded, requested, measured, expected):
    command = command_at(commanded)
    command.step_towards(requested, measured, PERIOD)
    assert command.width == pytest.approx(expected, abs=1e-12)


def test_a_release_that_has_begun_is_undone_on_hold():
    command = command_at(0.0)
    command.step_towards(0.0, 0.038, PERIOD)
    command.step_towards(0.08, 0.038, PERIOD)
    assert command.width > 0.038
    for _ in range(50):
        command.hold(0.038, PERIOD)
    assert command.width == 0.0


@pytest.mark.parametrize('measured', [0.045, 0.03, None])
def test_fingers_that_have_lost_the_object_stand_still(measured):
    command = command_at(0.0)
    command.step_towards(0.0, 0.038, PERIOD)
    for _ in range(3):
        command.step_towards(0.08, 0.038, PERIOD)
    before = command.width
    if measured is None:
        command = command_at(before)
    command.hold(measured, PERIOD)
    assert command.width == before
