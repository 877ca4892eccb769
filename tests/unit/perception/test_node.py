"""What the node keeps of what it hears, until the worker has time for it."""

import numpy as np
import pytest

from vla_core.joint_parts import Whole
from vla_core.robot import load_robot
from vla_core.sensing import JointState
from vla_perception.node import PerceptionNode
from vla_perception.robot_mask import RobotBody

ROBOT = load_robot('ur5e')


@pytest.fixture
def node():
    made = PerceptionNode.__new__(PerceptionNode)  # without ROS: only what hears joint states
    made.joints, made.whole = None, Whole(ROBOT)
    return made


def test_a_picture_meets_arm_and_opening_however_they_came(node):
    arm = JointState(1.0, ROBOT.joint_names, ROBOT.home, 0.0 * ROBOT.home)
    node.on_joints(arm)
    assert node.joints is None  # nobody knows the fingers
    node.on_joints(JointState(1.0, (ROBOT.gripper.joint,), [0.011], [np.nan]))
    node.on_joints(arm)
    node.on_joints(JointState(1.01, (ROBOT.gripper.joint,), [0.03], [np.nan]))
    node.on_joints(JointState(1.01, ('wheel',), [0.03], [0.0]))
    pose = RobotBody(ROBOT).pose(node.joints)
    assert np.array_equal(pose.joints, ROBOT.home)
    assert pose.opening == pytest.approx(0.022)
