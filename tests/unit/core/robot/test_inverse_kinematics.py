"""Joints of a pose, within their limits."""

import numpy as np
import pytest

from vla_core import geometry
from vla_core.robot.config import load_robot
from vla_core.robot.inverse_kinematics import NEAR, joints_at
from vla_core.robot.model import RobotModel


@pytest.fixture(scope='module')
def model():
    return RobotModel(load_robot('ur5e'))


def solved(model, pose, **limits):
    bounds = {'low': model.limits.lower, 'high': model.limits.upper} | limits
    return joints_at(model, pose, model.home, **bounds)


def test_a_pose_is_reached_by_the_tip(model):
    pose = geometry.tool_down((0.45, 0.1, 0.2), 0.3)
    error = geometry.pose_error(model.fk(solved(model, pose)), pose)
    assert np.linalg.norm(error[:3]) <= NEAR[0]
    assert np.linalg.norm(error[3:]) <= NEAR[1]


def test_the_tip_turns_where_it_is(model):
    here = model.fk(model.home)
    pose = geometry.pose_of(geometry.rotation_z(0.4) @ here[:3, :3], here[:3, 3])
    error = geometry.pose_error(model.fk(solved(model, pose)), pose)
    assert np.linalg.norm(error[3:]) <= NEAR[1]


def test_a_pose_out_of_reach_has_no_joints(model):
    assert solved(model, geometry.tool_down((2.0, 0.0, 0.2))) is None


def test_a_limit_in_the_way_is_kept(model):
    pose = geometry.tool_down((0.45, 0.25, 0.2))
    free = solved(model, pose)
    high = np.where(np.arange(6) == 0, model.home[0] + 0.05, model.limits.upper)
    assert free[0] > high[0]
    kept = solved(model, pose, high=high)
    assert kept is None or kept[0] <= high[0]
