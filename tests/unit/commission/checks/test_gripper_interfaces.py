"""The driver of a gripper, for each interface: there, absent, of another type, and a rival."""

from dataclasses import replace

import pytest
from clean_robot import ROBOT, clean_facts

from vla_commission.checks.edges import controller_actions, listener_topic
from vla_commission.checks.graph import outputs
from vla_commission.checks.rivals import rivals
from vla_commission.facts import Endpoint
from vla_core.robot.gripper import ACTIONS, COMMANDS
from vla_ros import qos


def robot_with(command):
    gripper = replace(ROBOT.gripper, command=command, command_topic='/grip')
    return replace(ROBOT, grippers=(gripper,))


def facts_with(robot, kind=None):
    """Clean facts, with a driver of the gripper."""
    facts = clean_facts(robot)
    name, type_ = listener_topic(robot.gripper)
    ends = facts.publishers if robot.gripper.is_action else facts.subscribers
    ends[name] = (Endpoint('/grip_driver', kind or type_, qos.EVENT),)
    return facts


@pytest.mark.parametrize('command', COMMANDS)
def test_a_driver_that_is_there_is_no_finding(command):
    robot = robot_with(command)
    facts = facts_with(robot)
    assert [f for f in (*outputs(facts, robot), *rivals(facts, robot)) if not f.is_good] == []


@pytest.mark.parametrize('command', COMMANDS)
def test_an_absent_driver_is_named(command):
    robot = robot_with(command)
    facts = facts_with(robot)
    for ends in (facts.publishers, facts.subscribers):
        ends.pop(listener_topic(robot.gripper)[0], None)
    (found,) = outputs(facts, robot)
    assert (found.check, '/grip' in found.line) == ('topics.unheard', True)
    assert ('serves' in found.line) == (command in ACTIONS)


@pytest.mark.parametrize('command', COMMANDS)
def test_a_driver_of_another_type_is_named(command):
    robot = robot_with(command)
    (found,) = outputs(facts_with(robot, 'other_msgs/msg/Other'), robot)
    assert found.check == 'topics.type'
    assert 'other_msgs/msg/Other' in found.line
    assert 'change command or command_topic' in found.line


@pytest.mark.parametrize('command', ACTIONS)
def test_another_client_of_the_action_is_a_rival(command):
    robot = robot_with(command)
    facts = facts_with(robot)
    facts.action_clients['/grip'] = ('/move_group', '/shield')
    assert '/grip' in controller_actions(robot)
    assert ['/move_group is a client' in f.line for f in rivals(facts, robot)] == [True]


def test_another_publisher_of_a_position_stream_is_a_rival():
    robot = robot_with('float64')
    facts = facts_with(robot)
    facts.publishers['/grip'] = (Endpoint('/jog', 'std_msgs/msg/Float64', qos.EVENT),)
    assert ['/jog publishes /grip' in f.line for f in rivals(facts, robot)] == [True]
