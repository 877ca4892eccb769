"""The topics that the proxy can corrupt."""

from dataclasses import replace

import pytest

from vla_core.errors import UserError
from vla_core.robot.config import load_robot
from vla_sim.faults.proxy_node import topic_of

ROBOT = load_robot('ur5e')


def test_the_gripper_command_has_the_name_of_the_robot_file():
    assert topic_of('gripper_command', ROBOT).name == ROBOT.gripper.command_topic


def test_goals_of_an_action_are_refused():
    gripper = replace(ROBOT.gripper, command='gripper_command', command_topic='/grip')
    with pytest.raises(UserError, match='control_msgs/action/GripperCommand: only a'):
        topic_of('gripper_command', replace(ROBOT, grippers=(gripper,)))
