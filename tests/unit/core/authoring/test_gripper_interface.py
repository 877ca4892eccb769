"""The interface of a gripper: defaults by value, and a topic that is not of that kind."""

from dataclasses import replace

import pytest

from vla_core.authoring.gripper_interface import command_of, interface_problems
from vla_core.errors import UserError
from vla_core.robot.config import load_robot
from vla_core.robot.gripper import COMMANDS, DEFAULT_TOPICS

GRIPPER = load_robot('ur5e').gripper


def problems(command, topic):
    return list(interface_problems(replace(GRIPPER, command=command, command_topic=topic)))


@pytest.mark.parametrize('command', COMMANDS)
def test_the_usual_name_is_the_default_and_no_problem(command):
    assert command_of(command, '') == (command, DEFAULT_TOPICS[command])
    assert problems(command, DEFAULT_TOPICS[command]) == []
    assert problems(command, '/my/gripper') == []


def test_without_a_value_it_is_a_trajectory_and_a_given_name_stays():
    assert command_of('', '') == ('joint_trajectory', DEFAULT_TOPICS['joint_trajectory'])
    assert command_of('gripper_command', '/x') == ('gripper_command', '/x')


def test_an_unknown_value_lists_the_known_ones():
    with pytest.raises(UserError, match=r"'pwm': known: joint_trajectory, .*parallel_gripper"):
        command_of('pwm', '')


@pytest.mark.parametrize(
    ('command', 'topic', 'change'),
    [
        ('joint_trajectory', '/g/gripper_cmd', 'set command: gripper_command'),
        ('joint_trajectory', '/panda_gripper/gripper_action', 'set command: gripper_command'),
        ('gripper_command', '/g/joint_trajectory', 'command_topic: gripper_controller/gripper_c'),
        ('float64', '/g/commands', 'set command: float64_multi_array'),
        ('parallel_gripper_command', '/g/gripper_action', 'set command: gripper_command'),
    ],
)
def test_a_name_of_another_kind_is_a_problem(command, topic, change):
    ((text, fix),) = problems(command, topic)
    assert topic in text
    assert change in fix
