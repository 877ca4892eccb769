"""The goal of a gripper that moves by itself: stopped in motion, kept at an object."""

import pytest

from vla_core.robot.config import load_robot
from vla_shield.command.gripper_goal import GripperGoalCommand

GRIPPER = load_robot('ur5e').gripper
DT = 0.01


def moved(goal, start, end, cycles, requested=0.0):
    """The fingers move from one opening to the other while `requested` is allowed."""
    for k in range(cycles):
        goal.request(requested, start + (end - start) * (k + 1) / cycles, DT)


def grasping():
    """Closed on an object of 40 mm, for a second."""
    goal = GripperGoalCommand(GRIPPER)
    moved(goal, 0.08, 0.04, 40)
    moved(goal, 0.04, 0.04, 100)
    return goal


def test_the_request_is_the_goal_within_the_range_of_the_gripper():
    goal = GripperGoalCommand(GRIPPER)
    goal.request(0.5, 0.02, DT)
    assert goal.opening == GRIPPER.open_width
    goal.request(-0.5, 0.02, DT)
    assert goal.opening == GRIPPER.closed_width
    assert not goal.is_stop


def test_nothing_is_commanded_before_the_first_request():
    goal = GripperGoalCommand(GRIPPER)
    for _ in range(100):
        goal.hold(0.04, DT)
    assert goal.opening is None


@pytest.mark.parametrize('requested', [0.0, 0.08])
def test_fingers_that_move_stop_where_they_are(requested):
    goal = GripperGoalCommand(GRIPPER)
    moved(goal, 0.04, 0.04 + (requested - 0.04) / 2, 20, requested)
    here = 0.04 + (requested - 0.04) / 2
    goal.hold(here, DT)
    assert goal.is_stop
    assert goal.opening == pytest.approx(here)


def test_an_object_stays_held_with_the_goal_that_grasped_it():
    goal = grasping()
    for _ in range(200):
        goal.hold(0.04, DT)
    assert goal.opening == 0.0


def test_a_release_that_has_begun_is_undone():
    goal = grasping()
    goal.request(0.08, 0.0405, DT)
    assert goal.opening == 0.08
    goal.hold(0.041, DT)
    assert goal.opening == 0.0


def test_an_object_that_is_lost_is_not_chased():
    goal = grasping()
    goal.request(0.08, 0.045, DT)
    goal.hold(0.05, DT)
    assert goal.opening == pytest.approx(0.05)


def test_a_goal_that_has_just_been_given_is_no_grasp():
    """A driver takes 0.1 to 0.3 s until its fingers move."""
    goal = GripperGoalCommand(GRIPPER)
    moved(goal, 0.08, 0.08, 100, requested=0.08)
    moved(goal, 0.08, 0.08, 20, requested=0.0)
    goal.hold(0.08, DT)
    assert goal.opening == pytest.approx(0.08)


def test_an_unknown_opening_changes_nothing_on_hold():
    goal = GripperGoalCommand(GRIPPER)
    goal.request(0.0, 0.08, DT)
    goal.hold(None, DT)
    assert goal.opening == 0.0
