"""Goals of both actions: unit, direction, force and speed."""

import sys
from dataclasses import replace

import pytest

from vla_core.errors import UserError
from vla_core.robot.gripper import GripperConfig
from vla_ros.gripper.action_goal import action_type, goal_of, position_of, result_of

ROBOTIQ = GripperConfig(
    'knuckle', '/grip', ((0.8, 0.0), (0.0, 0.085)), command='gripper_command', force=60.0
)  # 0 is open
PARALLEL = replace(ROBOTIQ, command='parallel_gripper_command')


def test_the_position_is_that_of_the_joint():
    command = goal_of(ROBOTIQ, 0.0).command
    assert (command.position, command.max_effort) == (pytest.approx(0.8), 60.0)
    assert goal_of(ROBOTIQ, 0.085).command.position == pytest.approx(0.0)


def test_or_the_opening_where_the_robot_file_says_so():
    gripper = replace(ROBOTIQ, command_position='opening')
    assert goal_of(gripper, 0.03).command.position == pytest.approx(0.03)
    assert position_of(gripper, goal_of(gripper, 0.03))[0] == pytest.approx(
        gripper.joint_position(0.03)
    )


def test_a_parallel_gripper_gets_joint_speed_and_effort():
    command = goal_of(PARALLEL, 0.0).command
    assert (list(command.name), list(command.position)) == (['knuckle'], [pytest.approx(0.8)])
    assert list(command.velocity) == [pytest.approx(0.1 * 0.8 / 0.085)]
    assert list(command.effort) == [60.0]


@pytest.mark.parametrize('gripper', [ROBOTIQ, PARALLEL], ids=lambda g: g.command)
def test_the_driver_reads_what_was_sent(gripper):
    position, fault = position_of(gripper, goal_of(gripper, 0.05))
    assert (position, fault) == (pytest.approx(gripper.joint_position(0.05)), '')


@pytest.mark.parametrize('positions', [[], [0.1, 0.2], [float('nan')]])
def test_a_goal_without_one_finite_position_is_rejected(positions):
    goal = goal_of(PARALLEL, 0.0)
    goal.command.position = positions
    assert position_of(PARALLEL, goal)[1]


@pytest.mark.parametrize('gripper', [ROBOTIQ, PARALLEL], ids=lambda g: g.command)
def test_a_result_says_where_the_fingers_are(gripper):
    result = result_of(gripper, 0.4, stalled=True, reached=False)
    state = result if gripper is ROBOTIQ else result.state
    position = state.position if gripper is ROBOTIQ else state.position[0]
    assert (position, result.stalled, result.reached_goal) == (0.4, True, False)


def test_without_control_msgs_the_alternatives_are_named(monkeypatch):
    monkeypatch.setitem(sys.modules, 'control_msgs.action', None)
    with pytest.raises(UserError, match=r'gripper_command needs .* control_msgs, .*without it: j'):
        action_type(ROBOTIQ)
