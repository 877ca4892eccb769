"""Velocities of joints whose driver measures none."""

from dataclasses import replace

import numpy as np
import pytest

from vla_core.records.sensing import JointState
from vla_core.robot.config import load_robot
from vla_core.robot.controller import ControllerContract
from vla_core.robot.joint_states.velocity import JointVelocities

ROBOT = load_robot('ur5e')
SILENT = replace(
    ROBOT, arms=(replace(ROBOT.arms[0], controller=ControllerContract(reports_velocity=False)),)
)
NAMES = ROBOT.joint_names


def sample(stamp, position, velocity=np.nan):
    return JointState(stamp, NAMES, np.full(6, position), np.full(6, velocity))


def test_a_driver_that_reports_velocities_is_not_touched():
    state = sample(1.0, 0.3, np.nan)
    assert JointVelocities(ROBOT).complete(state) is state


def test_a_steady_motion_is_measured():
    velocities = JointVelocities(SILENT)
    for k in range(40):
        found = velocities.complete(sample(0.01 * k, 0.5 * 0.01 * k, velocity=7.0))
    assert found.velocity == pytest.approx(0.5, rel=1e-3)
    assert found.position == pytest.approx(0.5 * 0.39)


def test_after_a_stop_a_gap_or_a_jump_back_the_joints_count_as_at_rest():
    velocities = JointVelocities(SILENT)
    velocities.complete(sample(0.0, 0.0))
    assert velocities.complete(sample(0.01, 0.1)).velocity[0] > 1.0
    assert velocities.complete(sample(0.5, 0.9)).velocity[0] == 0.0
    assert velocities.complete(sample(0.1, 0.0)).velocity[0] == 0.0
    for k in range(60):
        found = velocities.complete(sample(0.1 + 0.01 * (k + 1), 0.0))
    assert np.abs(found.velocity).max() < 1e-6


def test_a_repeated_sample_keeps_its_velocity():
    velocities = JointVelocities(SILENT)
    velocities.complete(sample(0.0, 0.0))
    once = velocities.complete(sample(0.01, 0.1))
    assert velocities.complete(sample(0.01, 0.1)) is once


def test_positions_that_are_not_finite_do_not_stay_in_the_filter():
    velocities = JointVelocities(SILENT)
    velocities.complete(sample(0.0, 0.0))
    assert np.isnan(velocities.complete(sample(0.01, np.nan)).velocity).all()
    assert velocities.complete(sample(0.02, 0.0)).velocity == pytest.approx(0.0)


def test_other_joints_keep_what_they_report():
    names = (*NAMES, 'finger')
    found = JointVelocities(SILENT).complete(JointState(0.0, names, np.zeros(7), np.full(7, 3.0)))
    assert found.velocity.tolist() == [0.0] * 6 + [3.0]
