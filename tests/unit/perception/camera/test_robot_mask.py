"""The robot mask covers the robot in the image, with the fingers at their measured opening."""

import numpy as np
import pytest
from pictures import ROBOT, at_home

from vla_core.records.sensing import JointState
from vla_core.robot.config import load_robot
from vla_perception.camera.robot_mask import RobotBody

MARGIN = 0.005


def on_tool(pose, *offsets):
    """Points (n, 3) in base_link from offsets in the tcp frame."""
    points = np.array(offsets, float)
    return points @ pose.base_from_tcp[:3, :3].T + pose.base_from_tcp[:3, 3]


def test_the_opening_is_twice_the_finger_joint():
    assert RobotBody(ROBOT).pose(at_home(opening=0.05)).opening == pytest.approx(0.05)


def test_gripper_and_arm_are_covered_and_the_table_is_not():
    body = RobotBody(ROBOT)
    pose = body.pose(at_home())
    gripper = on_tool(pose, (0, 0, -0.07), (0, 0.04 + 0.004, -0.01), (0, -0.04 - 0.004, -0.01))
    elsewhere = np.array([[0.45, 0.0, 0.0], [0.5, 0.3, 0.02], [0.3, -0.3, 0.05]])

    assert body.covers(gripper, pose, MARGIN).tolist() == [True] * 3
    assert body.covers(elsewhere, pose, MARGIN).tolist() == [False] * 3


def test_what_is_between_open_fingers_is_not_the_robot_and_closed_fingers_are():
    body = RobotBody(ROBOT)
    is_robot = {}
    for opening in (0.08, 0.0):
        pose = body.pose(at_home(opening=opening))
        is_robot[opening] = bool(body.covers(on_tool(pose, (0, 0.006, -0.01)), pose, MARGIN)[0])

    assert is_robot == {0.08: False, 0.0: True}


@pytest.mark.parametrize('name', ['ur5e', 'fr3'])
def test_every_robot_of_the_stack_can_be_masked(name):
    robot = load_robot(name)
    names = (*robot.joint_names, robot.gripper.joint)
    state = JointState(0.0, names, np.r_[robot.home, 0.04], np.zeros(len(names)))
    body = RobotBody(robot)
    pose = body.pose(state)

    assert body.covers(on_tool(pose, (0, 0, -0.07)), pose, MARGIN)[0]
