"""Checks of received messages, and the depth of their queues."""

from dataclasses import replace

import pytest
from builtin_interfaces.msg import Time
from std_msgs.msg import Header

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


FRAMED = [topic for topic in topics.ALL if topic.table is not None]
GEOMETRIC = {'scene', 'candidates', 'chunk', 'corrections', 'control_state'}


def framed(topic, frame):
    """A usual message of a topic, in a frame."""
    header = Header(stamp=Time(sec=1), frame_id=frame)
    if topic is topics.CANDIDATES:
        return msg.ChunkCandidates(header=header, chunks=[framed(topics.CHUNK, frame)])
    message = topic.type(header=header)
    if topic is topics.CHUNK:
        message.names, message.horizon, message.values = ['a'], 1, [0.0]
        message.step = 0.1
    if topic is topics.SCENE:
        message.task.verb = 'push'
    if topic is topics.CORRECTIONS:
        message.language_motion = 'move arm left'
    return message


@pytest.mark.parametrize('topic', FRAMED, ids=lambda topic: topic.name)
def test_messages_carry_the_base_frame_of_the_robot_and_another_is_refused_by_both_names(topic):
    records, refused = [], []
    links = Endpoints(None, lambda _: None)
    links.frame = 'table'
    receive, _ = links.receiver(topic, records.append, refused.append)
    own, other = framed(topic, 'table'), framed(topic, 'base_link')
    as_bytes = topic.from_bytes is not None
    receive(message_to_bytes(own) if as_bytes else own)
    assert refused == []
    assert topic.in_frame('table').to_msg(records[0]).header.frame_id == 'table'
    receive(message_to_bytes(other) if as_bytes else other)
    bad = ["frame is 'base_link', must be 'table'"] if topic.name in GEOMETRIC else []
    assert refused == bad


def test_a_table_keeps_what_a_topic_does_without():
    assert topics.SCENE.in_frame('table').to_bytes is None
    assert topics.TARGET.in_frame('table').to_bytes is not None
    assert topics.VOTES.in_frame('table') is topics.VOTES


def test_an_endpoint_without_a_robot_refuses_what_has_a_place():
    refused = []
    receive, _ = Endpoints(None, refused.append).receiver(topics.SCENE, pytest.fail, pytest.fail)
    with pytest.raises(pytest.fail.Exception, match="frame is 'base_link', must be ''"):
        receive(framed(topics.SCENE, 'base_link'))
