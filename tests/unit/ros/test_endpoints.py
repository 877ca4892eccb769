"""Checks of received messages, and the depth of their queues."""

from dataclasses import replace

import pytest

from vla_core.robot.config import load_robot
from vla_interfaces import msg
from vla_ros import topics
from vla_ros.endpoints import Endpoints
from vla_ros.serialize import message_to_bytes


def test_a_bad_message_is_dropped_and_its_reason_passed_on():
    errors, records, refused = [], [], []
    links = Endpoints(None, errors.append)
    receive, _ = links.receiver(topics.TARGET, records.append, refused.append)
    receive(message_to_bytes(msg.Target(names=['a'], position=[0.0, 1.0], velocity=[0.0])))
    assert records == []
    assert refused == ['position, velocity and names differ in length']
    assert errors == [f'target: {refused[0]}']


def raises(error):
    def callback(_):
        raise error

    return callback


@pytest.mark.parametrize('error', [KeyError('elbow_joint'), IndexError('index 6'), TypeError('x')])
@pytest.mark.parametrize('is_in_callback', [True, False])
def test_a_message_that_raises_is_dropped_counted_and_named(error, is_in_callback):
    errors, refused = [], []
    links = Endpoints(None, errors.append)
    topic = replace(topics.DEAD_MAN, from_msg=None if is_in_callback else raises(error))
    callback = raises(error) if is_in_callback else pytest.fail
    receive, _ = links.receiver(topic, callback, refused.append)
    receive('anything')
    receive('anything')
    (text,) = errors
    assert f'dead_man: cannot be processed: {type(error).__name__}' in text
    assert 'test_endpoints.py' in text
    assert refused == [links.refusals.topics['dead_man'].reason] * 2
    assert links.refusals.topics['dead_man'].count == 2


def test_joint_states_are_queued_for_a_node_that_polls_ten_times_a_second():
    """With depth 1 a gripper that publishes after the arm replaces its message each time."""
    arm, gripper, period = 450.0, 50.0, 0.1  # Hz, Hz, s
    assert topics.JOINT_STATES.qos.depth >= (arm + gripper) * period
    assert topics.joint_states(load_robot('ur5e')).qos.depth == topics.JOINT_STATES.qos.depth
