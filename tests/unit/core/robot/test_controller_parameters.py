"""Parameters of a live controller against the contract."""

from dataclasses import replace

import numpy as np
import pytest

from vla_core.robot.config import load_robot
from vla_core.robot.controller import ControllerContract
from vla_core.robot.controller_parameters import expected, mismatches, names_of

JOINTS = ('a', 'b')


SIMULATOR = ControllerContract()


def compare(contract=SIMULATOR, **changes):
    return mismatches(contract, JOINTS, 'arm', expected(SIMULATOR, JOINTS) | changes)


def test_a_controller_that_follows_the_contract_has_no_mismatch():
    assert compare() == ()
    assert compare(joints=['b', 'a']) == ()  # it sorts a trajectory into its own order
    assert mismatches(ControllerContract(), JOINTS, 'arm', {}) == ()


def test_the_wrong_restart_rule_is_answered_with_the_line_for_either_file():
    (text,) = compare(interpolate_from_desired_state=False)
    assert 'put "interpolate_from_desired_state: true" into its YAML' in text
    assert '"restart: measured"' in text
    (text,) = compare(ControllerContract(restart='measured'))
    assert 'put "interpolate_from_desired_state: false"' in text
    assert '"restart: desired"' in text


def test_open_loop_control_restarts_from_the_desired_state_too():
    assert compare(interpolate_from_desired_state=False, open_loop_control=True) == ()


def test_every_other_difference_is_named_with_its_line():
    for change, line in (
        ({'joints': ['a']}, 'joints: [a, b]'),
        ({'command_interfaces': ['velocity']}, 'command_interfaces: [position]'),
        ({'allow_partial_joints_goal': True}, 'allow_partial_joints_goal: false'),
        (
            {'allow_nonzero_velocity_at_trajectory_end': True},
            'allow_nonzero_velocity_at_trajectory_end: false',
        ),
        ({'interpolation_method': 'none'}, 'interpolation_method: splines'),
    ):
        (text,) = compare(**change)
        assert text.startswith('arm: ')
        assert f'put "{line}"' in text


def test_a_tolerance_of_the_path_is_part_of_the_contract():
    (text,) = compare(**{'constraints.b.trajectory': 0.02})
    assert 'constraints.b.trajectory is 0.02' in text
    assert 'put "constraints.b.trajectory: 0.0"' in text
    assert 'or "path_tolerance: 0.02" into the controller of the arm' in text
    declared = ControllerContract(path_tolerance=0.2)
    assert mismatches(declared, JOINTS, 'arm', expected(declared, JOINTS)) == ()
    assert len(mismatches(declared, JOINTS, 'arm', expected(SIMULATOR, JOINTS))) == 2
    assert names_of(JOINTS)[-2:] == ('constraints.a.trajectory', 'constraints.b.trajectory')


def test_a_joint_is_no_faster_than_the_path_tolerance_allows_for_its_lag():
    assert ControllerContract().tolerated_speed == float('inf')
    slow = ControllerContract(path_tolerance=0.02, lag=0.12, latency=0.005)
    assert slow.tolerated_speed == pytest.approx(0.6 * 0.02 / 0.125)
    robot = load_robot('ur5e')
    limited = replace(robot, arms=(replace(robot.arm, controller=slow),))
    np.testing.assert_allclose(limited.limits.velocity, slow.tolerated_speed)
    usual = replace(slow, path_tolerance=0.2, lag=0.03)  # of a UR: no change
    same = replace(robot, arms=(replace(robot.arm, controller=usual),))
    np.testing.assert_array_equal(same.limits.velocity, robot.limits.velocity)


def test_the_node_is_that_of_the_command_topic_unless_named():
    topic = '/left/arm_controller/joint_trajectory'
    assert ControllerContract().node_of(topic) == '/left/arm_controller'
    assert ControllerContract(node='/x').node_of(topic) == '/x'


def test_scaling_is_a_share_of_full_speed():
    percent, share = ControllerContract(), ControllerContract(scaling_full=1.0)
    assert (percent.scaling(10.0), share.scaling(0.1)) == (0.1, 0.1)
    assert percent.scaling(float('nan')) == percent.scaling(-5.0) == 0.0
    assert percent.scaling(300.0) == 1.0
