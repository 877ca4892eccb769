"""Joint states of separate arm and gripper drivers are merged, one per sample of the arm."""

from dataclasses import replace
from math import inf, nan

import numpy as np
import pytest

from vla_core.records.sensing import JointState
from vla_core.robot.config import load_robot
from vla_core.robot.description.urdf import finger_joints
from vla_core.robot.joint_states.merger import (
    FINGER_MAX_AGE,
    MAX_NAME_SETS,
    JointGroup,
    JointGroupClassifier,
    JointStateMerger,
)

ROBOT = load_robot('ur5e')
ARM, FINGER = ROBOT.joint_names, ROBOT.gripper.joint


def arm(stamp):
    return JointState(stamp, ARM, ROBOT.home + 0.01 * stamp, ROBOT.home * 0.1)


def finger(stamp, opening=0.03, names=(FINGER,)):
    return JointState(stamp, names, np.full(len(names), opening), np.full(len(names), nan))


def both(stamp, opening=0.01):
    return JointState(stamp, (*ARM, FINGER), np.r_[ROBOT.home, opening], np.zeros(len(ARM) + 1))


def finger_of(state):
    return state.position[state.names.index(FINGER)]


@pytest.mark.parametrize(
    ('names', 'group'),
    [
        ((*ARM, FINGER), JointGroup.COMPLETE),
        ((FINGER, 'wheel', *reversed(ARM)), JointGroup.COMPLETE),
        (ARM, JointGroup.ARM),
        (finger_joints(ROBOT, ROBOT.gripper), JointGroup.FINGER),
        ((*ARM[1:], FINGER), JointGroup.PARTIAL_ARM),
        (ARM[:1], JointGroup.PARTIAL_ARM),
        ((*ARM, FINGER, *ARM), JointGroup.DUPLICATE),
        ((FINGER, FINGER), JointGroup.DUPLICATE),
        (('wheel', *ARM, 'wheel'), JointGroup.ARM),
        (('wheel', 'wheel'), JointGroup.OTHER),
        (('wheel',), JointGroup.OTHER),
        ((), JointGroup.OTHER),
    ],
)
def test_a_message_is_classified_by_its_joint_names(names, group):
    classifier = JointGroupClassifier(ROBOT)
    assert [classifier.classify(names), classifier.classify(names)] == [group, group]


def test_the_cache_of_names_is_bounded():
    classifier = JointGroupClassifier(ROBOT)
    for k in range(10 * MAX_NAME_SETS):
        classifier.classify((f'joint {k}',))
    assert len(classifier._known) <= MAX_NAME_SETS
    assert classifier.classify(ARM) is JointGroup.ARM


def test_a_complete_record_passes_unchanged():
    state = both(1.0)
    assert JointStateMerger(ROBOT).merge(state) is state


def test_the_arm_is_merged_with_the_newest_finger_under_its_own_stamp():
    merger = JointStateMerger(ROBOT)
    assert merger.merge(finger(1.004)) is None
    merged = merger.merge(arm(1.0))
    assert merged.stamp == 1.0
    assert merged.names == (*ARM, FINGER)
    assert np.array_equal(merged.position, np.r_[arm(1.0).position, 0.03])
    assert np.array_equal(merged.velocity[:-1], arm(1.0).velocity)
    assert finger_of(merger.merge(arm(1.01))) == 0.03


def test_joints_of_no_robot_are_ignored():
    merger = JointStateMerger(ROBOT)
    assert merger.merge(finger(1.0, names=('wheel',))) is None
    assert merger.merge(arm(1.0)) is None


def joint_state(names, position=None, velocity=None, stamp=1.0):
    position = np.zeros(len(names)) if position is None else position
    return JointState(
        stamp, names, position, np.zeros(len(names)) if velocity is None else velocity
    )


WITH_FINGER = (*ARM, FINGER)


@pytest.mark.parametrize(
    ('state', 'refusal'),
    [
        (joint_state((*ARM[1:], FINGER)), f'joint state lacks {ARM[0]}'),
        (joint_state(ARM[2:4]), f'joint state lacks {", ".join((*ARM[:2], *ARM[4:]))}'),
        (joint_state((*WITH_FINGER, *ARM[:2])), f'names {ARM[0]}, {ARM[1]} more than once'),
        (joint_state(WITH_FINGER, np.zeros(6)), 'has 6 positions for 7 joints'),
        (joint_state(WITH_FINGER, np.zeros(0)), 'has 0 positions for 7 joints'),
        (joint_state(WITH_FINGER, None, np.zeros(2)), 'has 2 velocities for 7 joints'),
        (joint_state(WITH_FINGER, np.r_[0, 0, nan, np.zeros(4)]), f'{ARM[2]} is not finite'),
        (joint_state(WITH_FINGER, np.r_[inf, np.zeros(6)]), f'{ARM[0]} is not finite'),
        (joint_state(WITH_FINGER, np.r_[np.zeros(5), 90.0, 0]), f'{ARM[5]} is 90, far outside'),
        (joint_state(WITH_FINGER, np.r_[np.zeros(6), 40.0]), f'{FINGER} is 40, far outside'),
        (
            joint_state(WITH_FINGER, None, np.r_[nan, nan, np.zeros(5)]),
            f'{ARM[0]}, {ARM[1]} is not',
        ),
        (joint_state(WITH_FINGER, stamp=nan), 'joint state has no stamp'),
    ],
)
def test_a_message_that_cannot_be_used_is_refused_naming_the_cause(state, refusal):
    merger = JointStateMerger(ROBOT)
    assert merger.merge(both(0.9)) is not None
    assert merger.merge(state) is None
    assert refusal in merger.refusal
    assert merger.merge_or_arm(state) is None
    assert merger.merge(both(1.1)) is not None
    assert merger.refusal == ''


@pytest.mark.parametrize('position', [[nan, nan], [inf, 1e300], [], [0.0]])
def test_joints_that_are_not_the_robots_may_hold_anything(position):
    merger = JointStateMerger(ROBOT)
    state = JointState(nan, ('wheel', 'wheel'), position, [])
    assert merger.merge(state) is None
    assert merger.refusal == ''
    mixed = joint_state((*ARM, 'wheel', FINGER), np.r_[np.zeros(6), nan, 0.01])
    assert merger.merge(mixed) is mixed


def test_an_arm_without_a_finger_names_the_joint_that_it_lacks():
    merger = JointStateMerger(ROBOT)
    assert merger.merge(arm(1.0)) is None
    assert FINGER in merger.refusal


@pytest.mark.parametrize(
    ('stamp', 'is_known'),
    [
        (10.0, True),
        (10.0 - FINGER_MAX_AGE, True),
        (9.4, False),
        (10.6, False),
    ],
)
def test_a_finger_is_merged_within_its_maximum_age(stamp, is_known):
    merger = JointStateMerger(ROBOT)
    merger.merge(finger(stamp))
    assert (merger.merge(arm(10.0)) is not None) is is_known


def test_an_arm_without_a_finger_is_passed_to_readers_only():
    state = arm(1.0)
    assert JointStateMerger(ROBOT).merge(state) is None
    assert JointStateMerger(ROBOT).merge_or_arm(state) is state


def test_readers_get_no_partial_arm_and_no_finger_alone():
    merger = JointStateMerger(ROBOT)
    assert merger.merge_or_arm(finger(1.0)) is None
    partial = JointState(1.0, ARM[1:], np.zeros(len(ARM) - 1), np.zeros(len(ARM) - 1))
    assert merger.merge_or_arm(partial) is None
    assert finger_of(merger.merge_or_arm(arm(1.0))) == 0.03


def test_a_late_or_repeated_finger_sample_is_ignored():
    merger = JointStateMerger(ROBOT)
    for stamp, opening in ((1.0, 0.03), (0.9, 0.02), (1.0, 0.01)):
        merger.merge(finger(stamp, opening))
    assert finger_of(merger.merge(arm(1.0))) == 0.03


def test_stamps_of_one_driver_are_not_compared_with_those_of_the_other():
    merger = JointStateMerger(ROBOT)
    merger.merge(finger(1.02, 0.03))
    assert merger.merge(arm(1.0)).stamp == 1.0
    merger.merge(finger(1.03, 0.02))
    assert merger.merge(arm(0.99)).stamp == 0.99  # the receiver checks the order of the arm
    assert finger_of(merger.merge(arm(1.01))) == 0.02


@pytest.mark.parametrize('changes', [{'position': [nan]}, {'stamp': nan}, {'stamp': inf}])
def test_a_finger_that_is_not_finite_is_ignored(changes):
    merger = JointStateMerger(ROBOT)
    merger.merge(finger(1.0, 0.03))
    merger.merge(replace(finger(1.01), **changes))
    assert finger_of(merger.merge(arm(1.02))) == 0.03


def test_after_the_clock_jumped_back_the_finger_is_accepted_again():
    merger = JointStateMerger(ROBOT)
    merger.merge(finger(100.0, 0.03))
    merger.merge(finger(1.0, 0.02))
    assert finger_of(merger.merge(arm(1.0))) == 0.02


def test_the_finger_of_a_complete_record_is_merged_into_a_later_arm():
    merger = JointStateMerger(ROBOT)
    merger.merge(both(1.0, 0.01))
    assert finger_of(merger.merge(arm(1.01))) == 0.01
