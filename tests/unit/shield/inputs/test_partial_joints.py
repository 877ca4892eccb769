"""Arm and gripper with a driver each: messages of one neither hide nor replace the other's."""

import sys
from math import inf, nan
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from rig import DT, Rig

from vla_core.records.safety import Decision
from vla_core.records.sensing import JointState

SILENCE = 0.5  # s, of the finger, as the parameters have it
STOPS = (Decision.HOLD, Decision.BRAKE, Decision.REJECTED)


class Split(Rig):
    """In each cycle the arm publishes its joints, then the gripper its finger."""

    half = 0.02  # m, of the opening
    lead = 0.004  # s, stamps of the gripper before those of the arm
    is_arm_silent = is_finger_silent = False

    def sense(self):
        self.are_joints_silent = True
        super().sense()
        if not self.is_arm_silent:
            self.publish(self.now, self.robot.joint_names, self.q, self.v)
        if not self.is_finger_silent:
            self.publish_finger(self.now + self.lead, self.half)

    def publish(self, stamp, names, position, velocity):
        self.shield.on_joints(JointState(stamp, names, position, velocity), self.now)

    def publish_finger(self, stamp, half):
        self.publish(stamp, (self.robot.gripper.joint,), [half], [nan])

    def go(self, seconds):
        """Step towards another position; returns the reports."""
        goal = self.home + 0.5
        return [self.step(self.target(goal)).report for _ in range(round(seconds / DT))]


@pytest.fixture
def rig():
    made = Split().armed()
    assert {report.decision for report in made.go(0.3)} & set(STOPS) == set()
    return made


def test_a_gripper_with_its_own_driver_does_not_brake_the_arm(rig):
    assert not {report.decision for report in rig.go(1.0)} & set(STOPS)
    assert rig.shield.inputs.arms[0].width == pytest.approx(0.04)


def test_commands_equal_those_with_complete_joint_states():
    whole, split = Rig().armed(), Split().armed()
    split.half = 0.04  # as of the rig
    for rig in (whole, split):
        for _ in range(60):
            rig.step(rig.target(rig.home + 0.5))
    assert np.array_equal(whole.commands, split.commands)


def test_a_silent_arm_brakes_after_50_ms_while_the_gripper_publishes(rig):
    rig.is_arm_silent = True
    decisions = [report.decision for report in rig.go(0.1)]
    assert Decision.BRAKE not in decisions[:5]
    assert decisions[5:] == [Decision.BRAKE] * 5
    assert rig.out.report.reason.startswith('joint states')


def test_a_stale_opening_is_taken_as_widest_and_the_arm_moves_on(rig):
    rig.is_finger_silent = True
    rig.go(SILENCE - DT)
    assert rig.shield.inputs.arms[0].width == pytest.approx(0.04)
    reports = rig.go(4 * DT)
    assert rig.shield.inputs.arms[0].opening is None
    assert rig.shield.inputs.arms[0].width == rig.robot.gripper.open_width
    assert not {report.decision for report in reports} & set(STOPS)
    rig.is_finger_silent = False
    rig.go(DT)
    assert rig.shield.inputs.arms[0].width == pytest.approx(0.04)


def test_an_opening_with_old_stamps_is_unknown_too(rig):
    rig.lead = -SILENCE - 0.1
    rig.go(SILENCE + 0.05)
    assert rig.shield.inputs.arms[0].width == rig.robot.gripper.open_width


def test_a_finger_ages_by_its_receipt_too(rig):
    rig.is_finger_silent = True
    rig.publish_finger(rig.now + 0.015, 0.02)
    rig.go(SILENCE + 0.01)
    assert rig.shield.inputs.arms[0].opening is None


@pytest.mark.parametrize('half', [nan, inf, -inf])
def test_a_finger_that_is_not_finite_brakes_until_it_is_finite(rig, half):
    rig.half = half
    assert [(r.decision, r.reason) for r in rig.go(3 * DT)] == [
        (Decision.BRAKE, f'position of {rig.robot.gripper.joint} is not finite')
    ] * 3
    assert np.isfinite(rig.out.gripper.position).all()
    rig.is_finger_silent = True  # a valid arm sample does not clear it
    assert rig.go(DT)[0].decision == Decision.BRAKE
    rig.is_finger_silent, rig.half = False, 0.02
    assert rig.go(2 * DT)[-1].decision not in STOPS


def test_a_finger_that_is_not_finite_brakes_beside_a_valid_one_in_the_same_cycle(rig):
    rig.publish_finger(rig.now + 0.005, nan)
    assert rig.go(DT)[0].decision == Decision.BRAKE


def test_a_finger_that_is_not_finite_prevents_arming():
    rig = Split()
    rig.half = nan
    rig.sense()
    assert rig.shield.arm(rig.now) == f'position of {rig.robot.gripper.joint} is not finite'


def test_a_finger_from_the_future_brakes_with_its_reason(rig):
    rig.lead = 0.1
    report = rig.go(DT)[0]
    assert (report.decision, report.reason) == (
        Decision.BRAKE, 'finger stamp is 0.10 s in the future',
    )  # fmt: skip


def test_an_outdated_or_duplicated_finger_changes_nothing(rig):
    at = rig.shield.inputs.arms[0].finger_status.stamp
    rig.is_finger_silent = True
    for stamp in (at, at - 0.1):
        rig.publish_finger(stamp, 0.01)
    assert not {report.decision for report in rig.go(2 * DT)} & set(STOPS)
    assert rig.shield.inputs.arms[0].width == pytest.approx(0.04)


def test_an_arm_out_of_order_brakes_however_the_gripper_is_stamped(rig):
    rig.publish(rig.now - 0.05, rig.robot.joint_names, rig.q, rig.v)
    report = rig.go(DT)[0]
    assert report.decision == Decision.BRAKE
    assert 'older than the last' in report.reason


def test_a_part_of_the_arm_is_ignored_and_named_once_the_joint_states_are_stale(rig):
    lacking = f'joint state lacks {rig.robot.joint_names[0]}'

    def part():
        rig.publish(rig.now + 0.001, rig.robot.joint_names[1:], rig.q[1:], rig.v[1:])

    part()
    assert rig.go(DT)[0].decision not in STOPS
    rig.is_arm_silent = True
    for _ in range(8):
        part()
        rig.go(DT)
    assert rig.out.report.decision == Decision.BRAKE
    assert rig.out.report.reason.startswith('joint states 0.0')
    assert rig.out.report.reason.endswith(lacking)
    rig.is_arm_silent = False
    assert rig.go(2 * DT)[-1].decision not in STOPS
    rig.is_arm_silent = True
    assert lacking not in rig.go(0.1)[-1].reason  # other joint states were used since


def test_joint_states_that_never_held_the_whole_arm_refuse_arming_by_name():
    rig = Split()
    rig.publish(rig.now, rig.robot.joint_names[:4], rig.q[:4], rig.v[:4])
    reason = rig.shield.arm(rig.now)
    assert reason.startswith('joint states never received')
    assert reason.endswith(f'lacks {", ".join(rig.robot.joint_names[4:])}')


def changed(values, index, value):
    changed = np.array(values)
    changed[index] = value
    return changed


FAULTS = {
    'doubled': (lambda r: (r.robot.joint_names * 2, np.tile(r.q, 2), np.tile(r.v, 2)), 'once'),
    'not finite': (lambda r: (r.robot.joint_names, changed(r.q, 3, nan), r.v), 'wrist_1_joint'),
    'degrees': (lambda r: (r.robot.joint_names, np.degrees(r.q), r.v), 'another unit'),
    'positions': (lambda r: (r.robot.joint_names, r.q[:5], r.v), '5 positions for 6 joints'),
    'velocities': (lambda r: (r.robot.joint_names, r.q, r.v[:1]), '1 velocities for 6 joints'),
    'velocity': (lambda r: (r.robot.joint_names, r.q, changed(r.v, 2, nan)), 'elbow_joint'),
    'millimetres': (lambda r: ((r.robot.gripper.joint,), [20.0], [0.0]), 'another unit'),
}


@pytest.mark.parametrize('fault', FAULTS)
def test_a_faulty_sample_of_the_robots_joints_brakes_and_is_named(rig, fault):
    message, text = FAULTS[fault]
    rig.publish(rig.now + 0.005, *message(rig))
    report = rig.go(DT)[0]
    assert report.decision == Decision.BRAKE
    assert text in report.reason
    rig.go(DT)
    assert rig.go(DT)[0].decision not in STOPS


def test_joints_that_are_not_the_robots_may_hold_anything(rig):
    for names, position in ((('wheel', 'wheel'), [nan]), (('wheel',), []), (('wheel',), [inf])):
        rig.publish(nan, names, position, [])
        assert rig.go(DT)[0].decision not in STOPS
    mixed = (*rig.robot.joint_names, 'wheel')
    rig.publish(rig.now + 0.005, mixed, np.append(rig.q, nan), np.append(rig.v, nan))
    assert rig.go(DT)[0].decision not in STOPS


def test_a_driver_of_arm_and_gripper_need_not_measure_the_velocity_of_the_finger(rig):
    rig.is_finger_silent = True
    names = (*rig.robot.joint_names, rig.robot.gripper.joint)
    rig.publish(rig.now + 0.005, names, np.append(rig.q, 0.01), np.append(rig.v, nan))
    assert rig.go(DT)[0].decision not in STOPS
    assert rig.shield.inputs.arms[0].width == pytest.approx(0.02)


def test_joints_of_another_robot_are_ignored(rig):
    rig.is_arm_silent = True
    for _ in range(10):
        rig.publish(rig.now + DT, ('wheel',), [nan], [nan])
        rig.go(DT)
    assert rig.out.report.reason.startswith('joint states')


def test_an_unknown_opening_prevents_arming():
    rig = Split()
    rig.is_finger_silent = True
    rig.sense()
    assert rig.shield.arm(rig.now) == 'finger never received'
    rig.is_finger_silent = False
    rig.sense()
    assert rig.shield.arm(rig.now) == ''


def test_a_sample_without_a_time_of_receipt_is_received_in_the_next_cycle():
    rig = Split()
    rig.shield.on_joints(JointState(0.0, (rig.robot.gripper.joint,), [0.02], [0.0]))
    rig.shield.tick(0.3)
    arm = rig.shield.inputs.arms[0]
    assert (arm.finger_status.received, arm.width) == (0.3, 0.04)


def test_after_a_clock_jump_the_finger_is_unknown_until_its_next_sample(rig):
    rig.now -= 5.0
    rig.is_finger_silent = True
    rig.go(DT)
    assert rig.shield.inputs.arms[0].opening is None
    assert rig.shield.inputs.arms[0].finger_status.fault == ''  # nothing is from the future
    rig.is_finger_silent = False
    rig.go(DT)
    assert rig.shield.inputs.arms[0].width == pytest.approx(0.04)


def test_a_conflict_of_two_publishers_holds_and_prevents_arming(rig):
    rig.shield.inputs.joints_conflict = 'two publishers: /a and /b'
    report = rig.go(DT)[0]
    assert (report.decision, report.reason) == (Decision.HOLD, 'two publishers: /a and /b')
    assert rig.go(1.0)[-1].decision in STOPS
    assert np.abs(rig.out.arm.velocity[rig.out.arm.next_row]).max() < 1e-3
    rig.shield.disarm(rig.now)
    rig.go(2 * DT)
    assert rig.shield.arm(rig.now) == 'two publishers: /a and /b'
    rig.shield.inputs.joints_conflict = ''
    assert rig.shield.arm(rig.now) == ''
