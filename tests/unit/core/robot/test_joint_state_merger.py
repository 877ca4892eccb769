"""Arm and finger that come in messages of their own become one record per sample of the arm."""

from dataclasses import replace
from math import inf, nan

import numpy as np
import pytest

from vla_core.records.sensing import JointState
from vla_core.robot.config import load_robot
from vla_core.robot.joint_state_merger import (
    FINGER_MAX_AGE,
    MAX_NAME_SETS,
    JointGroup,
    JointGroupClassifier,
    JointStateMerger,
)

ROBOT = load_robot('ur5e')
ARM, FINGER = ROBOT.joint_names, ROBOT.gripper.joint


def arm(stamp):
    return JointState(stamp, ARM, ROBOT.home + stamp, ROBOT.home * 0.1)


def finger(stamp, half=0.03, names=(FINGER,)):
    return JointState(stamp, names, np.full(len(names), half), np.full(len(names), nan))


def both(stamp, half=0.01):
    return JointState(stamp, (*ARM, FINGER), np.r_[ROBOT.home, half], np.zeros(len(ARM) + 1))


def half_of(state):
    return state.position[state.names.index(FINGER)]


@pytest.mark.parametrize(
    ('names', 'part'),
    [
        ((*ARM, FINGER), JointGroup.COMPLETE),
        ((FINGER, 'wheel', *reversed(ARM)), JointGroup.COMPLETE),
        (ARM, JointGroup.ARM),
        ((FINGER, ROBOT.gripper.mimic), JointGroup.FINGER),
        ((*ARM[1:], FINGER), JointGroup.PARTIAL_ARM),
        (ARM[:1], JointGroup.PARTIAL_ARM),
        (('wheel',), JointGroup.OTHER),
        ((), JointGroup.OTHER),
    ],
)
def test_names_say_which_part_of_the_robot_a_message_is_of(names, part):
    parts = JointGroupClassifier(ROBOT)
    assert [parts.classify(names), parts.classify(names)] == [part, part]


def test_a_flood_of_names_is_not_remembered():
    parts = JointGroupClassifier(ROBOT)
    for k in range(10 * MAX_NAME_SETS):
        parts.classify((f'joint {k}',))
    assert len(parts._known) <= MAX_NAME_SETS
    assert parts.classify(ARM) is JointGroup.ARM


def test_a_whole_record_passes_as_it_is():
    state = both(1.0)
    assert JointStateMerger(ROBOT).merge(state) is state


def test_the_arm_comes_with_the_newest_opening_under_its_own_stamp():
    whole = JointStateMerger(ROBOT)
    assert whole.merge(finger(1.004)) is None
    joined = whole.merge(arm(1.0))
    assert joined.stamp == 1.0
    assert joined.names == (*ARM, FINGER)
    assert np.array_equal(joined.position, np.r_[arm(1.0).position, 0.03])
    assert np.array_equal(joined.velocity[:-1], arm(1.0).velocity)
    assert half_of(whole.merge(arm(1.01))) == 0.03


def test_what_is_not_of_the_robot_is_nothing():
    whole = JointStateMerger(ROBOT)
    assert whole.merge(finger(1.0, names=('wheel',))) is None
    assert whole.merge(arm(1.0)) is None


def test_half_an_arm_is_refused_by_name():
    state = JointState(1.0, (*ARM[1:], FINGER), np.zeros(len(ARM)), np.zeros(len(ARM)))
    with pytest.raises(KeyError, match=ARM[0]):
        JointStateMerger(ROBOT).merge(state)


@pytest.mark.parametrize(
    ('stamp', 'is_known'),
    [
        (10.0, True),
        (10.0 - FINGER_MAX_AGE, True),
        (9.4, False),
        (10.6, False),
    ],
)
def test_a_finger_goes_with_the_arm_for_half_a_second(stamp, is_known):
    whole = JointStateMerger(ROBOT)
    whole.merge(finger(stamp))
    assert (whole.merge(arm(10.0)) is not None) is is_known


def test_an_arm_without_a_finger_is_no_whole_but_readers_get_it():
    state = arm(1.0)
    assert JointStateMerger(ROBOT).merge(state) is None
    assert JointStateMerger(ROBOT).merge_or_arm(state) is state


def test_readers_get_no_half_of_an_arm_and_nothing_without_one():
    whole = JointStateMerger(ROBOT)
    assert whole.merge_or_arm(finger(1.0)) is None
    torn = JointState(1.0, ARM[1:], np.zeros(len(ARM) - 1), np.zeros(len(ARM) - 1))
    assert whole.merge_or_arm(torn) is None
    assert half_of(whole.merge_or_arm(arm(1.0))) == 0.03


def test_a_finger_that_was_overtaken_or_doubled_says_nothing_new():
    whole = JointStateMerger(ROBOT)
    for stamp, half in ((1.0, 0.03), (0.9, 0.02), (1.0, 0.01)):
        whole.merge(finger(stamp, half))
    assert half_of(whole.merge(arm(1.0))) == 0.03


def test_stamps_of_one_driver_are_not_compared_with_those_of_the_other():
    whole = JointStateMerger(ROBOT)
    whole.merge(finger(1.02, 0.03))
    assert whole.merge(arm(1.0)).stamp == 1.0
    whole.merge(finger(1.03, 0.02))
    assert whole.merge(arm(0.99)).stamp == 0.99  # who hears it judges the order of the arm
    assert half_of(whole.merge(arm(1.01))) == 0.02


@pytest.mark.parametrize('changes', [{'position': [nan]}, {'stamp': nan}, {'stamp': inf}])
def test_a_finger_that_is_no_number_counts_as_none(changes):
    whole = JointStateMerger(ROBOT)
    whole.merge(finger(1.0, 0.03))
    whole.merge(replace(finger(1.01), **changes))
    assert half_of(whole.merge(arm(1.02))) == 0.03


def test_after_the_clock_has_jumped_back_the_finger_is_heard_again():
    whole = JointStateMerger(ROBOT)
    whole.merge(finger(100.0, 0.03))
    whole.merge(finger(1.0, 0.02))
    assert half_of(whole.merge(arm(1.0))) == 0.02


def test_a_robot_that_speaks_whole_gives_its_opening_to_an_arm_alone():
    whole = JointStateMerger(ROBOT)
    whole.merge(both(1.0, 0.01))
    assert half_of(whole.merge(arm(1.01))) == 0.01
