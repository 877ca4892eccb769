"""What the node keeps of what it hears, until the worker has time for it."""

from types import SimpleNamespace

import numpy as np
import pytest

from vla_core.records.safety import Level
from vla_core.records.sensing import JointState
from vla_core.records.task import Phase, TaskStatus
from vla_core.robot.config import load_robot
from vla_core.robot.joint_states.merger import JointStateMerger
from vla_core.robot.topic_names import resolved
from vla_perception.camera.robot_mask import RobotBody
from vla_perception.grounder import Grounder
from vla_perception.grounding.vote import GroundingVote
from vla_perception.node import IDLE, PerceptionNode
from vla_perception.params import GrounderParams

ROBOT = resolved(load_robot('ur5e'))


class Hanging:
    """A worker that does not come back."""

    is_busy = True

    def take(self):
        return None


@pytest.fixture
def node():
    """Without ROS: what hears joint states, and votes while the worker is at work."""
    made = PerceptionNode.__new__(PerceptionNode)
    made.joints, made.joint_merger = None, JointStateMerger(ROBOT)
    made.grounder, made.worker = Grounder(GrounderParams(), ROBOT), Hanging()
    made.grounding_vote, made.frame, made.votes, made.voted = None, None, 0, 0.0
    made.reader = SimpleNamespace(problem='', cause='', remark='', check=lambda: None)
    made.status = IDLE
    made.said = []
    made.send_vote = made.said.append
    return made


def test_a_picture_meets_arm_and_opening_however_they_came(node):
    arm = JointState(1.0, ROBOT.joint_names, ROBOT.home, 0.0 * ROBOT.home)
    node.on_joints(arm)
    assert node.joints is None  # nobody knows the fingers
    node.on_joints(JointState(1.0, (ROBOT.gripper.joint,), [0.011], [np.nan]))
    node.on_joints(arm)
    node.on_joints(JointState(1.01, (ROBOT.gripper.joint,), [0.03], [np.nan]))
    node.on_joints(JointState(1.01, ('wheel',), [0.03], [0.0]))
    pose = RobotBody(ROBOT).pose(node.joints)
    assert np.array_equal(pose.joints, ROBOT.home)
    assert pose.opening == pytest.approx(0.022)


def pass_time(node, monkeypatch, until):
    """Tick at 50 Hz from 10 s on; return the votes."""
    for now in np.arange(10.0, until, 0.02):
        monkeypatch.setattr(PerceptionNode, 'now', now, raising=False)
        node.tick()
    return node.said


def test_a_picture_that_is_long_in_work_does_not_silence_the_vote_until_the_last_one_is_old(
    node, monkeypatch
):
    node.status = TaskStatus(9.0, 't1', 'push it', Phase.RUNNING)
    node.grounding_vote = GroundingVote(10.0, '', '', 't1', Phase.RUNNING)
    votes = pass_time(node, monkeypatch, 11.0)
    assert max(np.diff([vote.stamp for vote in votes])) < 0.13
    assert [vote.seq for vote in votes] == list(range(1, len(votes) + 1))
    for vote in votes:
        assert vote.level == (Level.RUN if vote.stamp <= 10.5 else Level.HOLD)
    assert 'old' in votes[-1].reasons[0]


@pytest.mark.parametrize(
    'status',
    [TaskStatus(9.0, 't2', 'push it', Phase.RUNNING), TaskStatus(9.0, 't1', '', Phase.IDLE)],
)
def test_what_was_judged_for_another_task_or_phase_is_not_said_again(node, monkeypatch, status):
    node.status = status
    node.grounding_vote = GroundingVote(10.0, '', '', 't1', Phase.RUNNING)
    assert not pass_time(node, monkeypatch, 11.0)


def test_a_camera_without_frames_makes_the_node_unhealthy_with_the_cause(node, monkeypatch):
    monkeypatch.setattr(PerceptionNode, 'now', 10.0, raising=False)
    node.reader.problem = 'camera scene: nobody publishes /scene_camera/depth/image_raw'
    node.tick()
    assert node.problem == node.reader.problem
    node.reader.problem, node.reader.remark = (
        '',
        'camera scene: depth is stamped 7 ms after colour',
    )
    node.tick()
    assert (node.problem, node.remark) == ('', node.reader.remark)


@pytest.mark.parametrize('stamp', [9.0, -np.inf])
def test_the_vote_names_the_cause_of_an_image_that_is_old_or_never_came(node, monkeypatch, stamp):
    node.status = TaskStatus(9.0, 't1', 'push it', Phase.RUNNING)
    node.reader.cause = 'camera scene: depth is 16x12, colour 32x24'
    trouble = '' if np.isfinite(stamp) else 'no image received yet'
    node.grounding_vote = GroundingVote(stamp, trouble, '', 't1', Phase.RUNNING)
    votes = pass_time(node, monkeypatch, 10.2)
    assert votes
    for vote in votes:
        assert vote.level == Level.HOLD
        assert node.reader.cause in vote.reasons[0]


def test_an_image_from_the_future_holds_and_names_the_clocks(node, monkeypatch):
    node.status = TaskStatus(9.0, 't1', 'push it', Phase.RUNNING)
    node.grounding_vote = GroundingVote(10.5, '', '', 't1', Phase.RUNNING)
    vote = pass_time(node, monkeypatch, 10.2)[0]
    assert vote.level == Level.HOLD
    assert 'in the future: synchronise the clocks' in vote.reasons[0]
