"""Which topics are recorded."""

from dataclasses import replace

from vla_core.robot.config import load_robot
from vla_core.robot.topic_names import resolved
from vla_teleop.recorder.node import recorded_topics

ROBOT = resolved(load_robot('ur5e'))


def names(robot):
    return [topic.name for topic in recorded_topics(robot, with_depth=True)]


def test_commands_of_a_gripper_are_recorded_where_they_are_trajectories():
    assert ROBOT.gripper.command_topic in names(ROBOT)


def test_and_nothing_is_subscribed_in_the_place_of_an_action():
    gripper = replace(ROBOT.gripper, command='gripper_command', command_topic='/grip')
    found = names(replace(ROBOT, grippers=(gripper,)))
    assert '/grip' not in found
    assert ROBOT.arm.command_topic in found
