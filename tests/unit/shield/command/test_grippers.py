"""Grippers that an action commands: how far they may open at once, and what the model sees."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from vla_core.records.action import GripperGoal
from vla_core.robot.config import load_robot
from vla_shield.command.grippers import GripperCommands

ROBOT = load_robot('ur5e')
ACTION = replace(
    ROBOT,
    grippers=(replace(ROBOT.gripper, command='gripper_command', command_topic='/grip'),),
)
DT = 0.01


def inputs(requested, measured):
    arm = SimpleNamespace(
        target=SimpleNamespace(gripper=requested), opening=measured, width=measured
    )
    return SimpleNamespace(arms=[arm])


def commands(robot=ACTION, measured=0.0):
    made = GripperCommands(robot)
    made.reset(inputs(0.0, measured))
    return made


def goal(made, given):
    return made.commands(given, 1.0, 0.01)[1][0]


def test_the_whole_opening_is_the_goal_where_it_is_allowed():
    made, given = commands(), inputs(0.08, 0.0)
    made.step(given, [True], DT, lambda k, width: True)
    assert goal(made, given) == GripperGoal(0.08, 0.0)
    assert made.furthest(given) == [0.08]  # the arm is checked with the fingers open


def test_else_it_opens_step_by_step_as_far_as_allowed():
    made, given = commands(), inputs(0.08, 0.0)
    for _ in range(200):
        made.step(given, [True], DT, lambda k, width: width <= 0.03)
    assert goal(made, given).opening == pytest.approx(0.03, abs=0.001)
    assert made.furthest(given)[0] <= 0.03


def test_a_hold_is_a_stop():
    made = commands(measured=0.08)
    made.step(inputs(0.0, 0.08), [True], DT, lambda k, width: True)
    given = inputs(0.0, 0.05)
    made.step(given, [False], DT, lambda k, width: True)
    assert goal(made, given) == GripperGoal(0.05, 0.05, is_stop=True)


def test_a_stream_of_positions_has_no_goal():
    made, given = commands(ROBOT), inputs(0.08, 0.0)
    made.step(given, [True], DT, lambda k, width: True)
    assert goal(made, given) == GripperGoal(None, 0.0)
    assert made.furthest(given) == [pytest.approx(ROBOT.gripper.speed * DT)]


def test_a_cycle_can_be_undone():
    made, given = commands(), inputs(0.08, 0.0)
    before = made.state
    made.step(given, [True], DT, lambda k, width: True)
    made.state = before
    assert goal(made, given).opening is None
    assert made.furthest(given) == [0.0]


def test_closing_fingers_are_checked_until_they_are_there():
    """The arm may carry them to where they must not close."""
    made = commands(measured=0.08)
    made.step(inputs(0.0, 0.08), [True], DT, lambda k, width: True)
    assert goal(made, inputs(0.0, 0.08)).opening == 0.0
    given = inputs(0.0, 0.06)
    made.step(given, [True], DT, lambda k, width: width >= 0.05)
    assert 0.05 <= goal(made, given).opening <= 0.08
    free = inputs(0.0, 0.06)
    made.step(free, [True], DT, lambda k, width: True)
    assert goal(made, free).opening == 0.0
