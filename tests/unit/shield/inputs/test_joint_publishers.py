"""Two publishers of the same joints are found by the numbers that DDS gives their messages."""

import pytest

from vla_core.robot.config import load_robot
from vla_shield.inputs.joint_publishers import MEMORY, WINDOW, JointPublishers

ROBOT = load_robot('ur5e')
ARM, FINGER = ROBOT.joint_names, (ROBOT.gripper.joint,)
PAIR, ONE = ['/driver', '/lab/driver'], ['/driver']


def play(messages, names=ARM, dt=0.01):
    """The detector after messages with these numbers, and the time of the last."""
    found = JointPublishers(ROBOT, '/joint_states', lambda _: [])
    for k, number in enumerate(messages):
        found.put(names, number, k * dt)
    return found, len(messages) * dt


def text(found, nodes, now):
    found._publishers_of = {'/joint_states': nodes}.__getitem__
    return found.conflict(now)


@pytest.mark.parametrize('names', [ARM, (*ARM, *FINGER), (*ARM[2:], 'wheel'), FINGER])
@pytest.mark.parametrize('numbers', [[900, 7, 901, 8, 902, 9], [5, 5, 6, 6, 7, 7]])
def test_interleaved_numbers_are_two_publishers_and_both_are_named(names, numbers):
    found, now = play(numbers, names)
    assert text(found, PAIR, now).endswith('/driver and /lab/driver')
    assert text(found, ONE * 2, now).endswith('/driver and /driver')
    assert text(found, PAIR, now + WINDOW + MEMORY) == ''


def test_one_publisher_that_loses_messages_or_restarts_is_one():
    found, now = play([1, 2, 9, 10, 500, 1, 2, 3, 4])
    assert text(found, ONE, now) == ''
    assert text(found, ['/driver', '/driver'], now) == ''  # DDS has not given the killed one up


def test_one_step_back_counts_while_nodes_of_other_names_publish():
    found, now = play([1, 2, 9, 10, 3, 11, 12])
    assert 'send the joints of the arm' in text(found, PAIR, now + 0.5 * MEMORY)


def test_arm_and_gripper_may_have_a_driver_each_and_foreign_joints_any_number():
    found, _ = play([])
    for k in range(100):
        found.put(ARM, 1000 + k, 0.01 * k)
        found.put(FINGER, 3 + k, 0.01 * k)
        found.put(('wheel',), 100 - k, 0.01 * k)
    assert text(found, ['/arm', '/gripper', '/base'], 1.0) == ''


def test_a_middleware_without_numbers_finds_nothing():
    found, now = play([None] * 6)
    assert text(found, PAIR, now) == ''
