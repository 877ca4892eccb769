"""The message of a position stream, and its pacing."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from vla_core.records.action import Trajectory
from vla_core.robot.config import load_robot
from vla_ros import topics
from vla_ros.gripper.outputs import GripperTopic, float_message

GRIPPER = load_robot('ur5e').gripper


def test_a_number_or_an_array_of_one():
    assert float_message(replace(GRIPPER, command='float64'), 0.03).data == 0.03
    several = float_message(replace(GRIPPER, command='float64_multi_array'), 0.03)
    assert list(several.data) == [0.03]


def test_the_opening_where_the_robot_file_says_so():
    gripper = replace(GRIPPER, command='float64', command_position='opening')
    assert float_message(gripper, 0.03).data == pytest.approx(0.06)


def test_a_stream_without_a_reader_is_a_problem_that_passes():
    readers, published = [0], []
    node = SimpleNamespace(
        advertise=lambda topic: published.append,
        resolve_topic_name=lambda name: name,
        count_subscribers=lambda name: readers[0],
    )
    gripper = replace(GRIPPER, command='float64', command_topic='/grip')
    output = GripperTopic(node, gripper, topics.GRIPPER_FLOATS['float64'].at('/grip'))
    rest, point = np.zeros((1, 1)), np.array([[0.01]])
    output.send(Trajectory(0.0, (gripper.joint,), np.array([0.01]), point, rest))
    assert 'nobody subscribes to /grip' in output.problem
    readers[0] = 1
    output.send(Trajectory(0.0, (gripper.joint,), np.array([0.01]), 2 * point, rest))
    assert output.problem == ''
    assert [message.data for message in published] == [0.01, 0.02]
