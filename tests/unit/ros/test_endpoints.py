"""Checks of received messages, and the depth of their queues."""

from vla_core.robot.config import load_robot
from vla_interfaces import msg
from vla_ros import topics
from vla_ros.endpoints import Endpoints
from vla_ros.serialize import message_to_bytes


def test_a_bad_message_is_dropped_and_its_reason_passed_on():
    errors, records, refused = [], [], []
    links = Endpoints(None, errors.append)
    receive = links._checked_by(topics.TARGET, records.append, refused.append)
    receive(message_to_bytes(msg.Target(names=['a'], position=[0.0, 1.0], velocity=[0.0])))
    assert records == []
    assert refused == ['position, velocity and names differ in length']
    assert errors == [f'target: {refused[0]}']


def test_joint_states_are_queued_for_a_node_that_polls_ten_times_a_second():
    """With depth 1 a gripper that publishes after the arm replaces its message each time."""
    arm, gripper, period = 450.0, 50.0, 0.1  # Hz, Hz, s
    assert topics.JOINT_STATES.qos.depth >= (arm + gripper) * period
    assert topics.joint_states(load_robot('ur5e')).qos.depth == topics.JOINT_STATES.qos.depth
