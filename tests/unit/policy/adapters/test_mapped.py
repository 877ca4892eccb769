"""Somebody else's policy as one of ours."""

from types import SimpleNamespace

import numpy as np
import pytest

from vla_core.errors import UserError
from vla_core.records.action import EE_NAMES, Space
from vla_core.records.sensing import CameraModel, RgbdFrame
from vla_core.robot.config import load_robot
from vla_policy.adapters.connection import NoAnswerError
from vla_policy.adapters.mapped import MappedPolicy
from vla_policy.adapters.mapping import load_mapping
from vla_policy.registry import has_weights, load_policy

MODEL = CameraModel('optical', 8, 4, 4.0, 4.0, 3.5, 1.5)


@pytest.fixture(scope='module')
def robot():
    return load_robot('fr3')


@pytest.fixture
def seen(robot):
    frame = [
        RgbdFrame(name, 1.0, MODEL, np.zeros((4, 8, 3), np.uint8), np.ones((4, 8), np.float32))
        for name in ('scene', 'wrist')
    ]
    return SimpleNamespace(
        stamp=1.0, task_id='t', instruction='press it', joints=np.array(robot.home),
        gripper=0.0, base_from_tcp=np.eye(4), frames={f.camera: f for f in frame},
    )  # fmt: skip


class Source:
    """Gives what it has, or fails as it is told."""

    def __init__(self, actions=None, error=None):
        self.actions, self.error, self.seeds = actions, error, []

    def reset(self, seed):
        self.seeds.append(seed)

    def infer(self, given):
        self.given = given
        if self.error is not None:
            raise self.error
        return self.actions


def policy_of(robot, **source):
    return MappedPolicy('theirs', Source(**source), load_mapping('droid', robot), robot)


def test_its_rows_become_a_chunk_of_joint_positions(robot, seen):
    rows = np.full((10, 8), 0.15)
    policy = policy_of(robot, actions=rows)
    policy.reset('t', 'press it', 1)
    (chunk,) = policy.act(seen, 5).chunks
    assert chunk.space == policy.info.space == Space.JOINT_POSITION
    assert chunk.names == policy.info.names == (*robot.joint_names, 'gripper')
    assert chunk.start == pytest.approx(1.0 + 1 / 15)
    assert len(chunk.values) == policy.info.horizon == 8
    np.testing.assert_allclose(chunk.values[0, :7], np.array(robot.home) + 0.01)
    assert policy.act(seen).chunks[0].seq == chunk.seq + 1
    policy.reset('other', 'press it', 2)
    assert policy.act(seen).chunks[0].seq == 1
    assert policy._source.seeds == [1, 2]
    assert policy.info.cameras == ('scene', 'wrist')


@pytest.mark.parametrize(
    ('source', 'words'),
    [
        ({'error': NoAnswerError('no answer within 0.8 s')}, 'no answer within 0.8 s'),
        ({'actions': np.zeros((3, 7))}, 'actions of shape (3, 7), the mapping has (rows, 8)'),
        ({'actions': np.full((3, 8), np.nan)}, 'is nan'),
    ],
)
def test_without_a_usable_answer_there_is_no_chunk_and_the_reason(robot, seen, source, words):
    proposal = policy_of(robot, **source).act(seen)
    assert proposal.chunks == ()
    assert words in proposal.reason


def test_a_missing_picture_is_the_reason(robot, seen):
    del seen.frames['wrist']
    assert policy_of(robot, actions=np.zeros((3, 8))).act(seen).reason == (
        'no picture of camera wrist'
    )


def test_tool_poses_have_the_names_of_poses(tmp_path, robot, seen):
    path = tmp_path / 'pose.yaml'
    path.write_text('images: []\nstate: []\naction: {space: tool}\n')
    policy = MappedPolicy('t', Source(np.zeros((2, 7))), load_mapping(str(path), robot), robot)
    assert policy.act(seen).chunks[0].names == EE_NAMES
    assert policy.info.space == Space.EE_POSE


@pytest.mark.parametrize(
    'spec', ['openpi:localhost:8000#droid', 'openpi:ws://localhost:8000', 'openpi:']
)
def test_a_server_is_named_in_full(spec, robot):
    with pytest.raises(UserError, match=r'expected openpi:ws://<host>:<port>#<mapping>'):
        load_policy(spec, robot)


def test_a_policy_behind_a_server_is_loaded_without_it(robot):
    policy = load_policy('openpi:ws://localhost:9#droid', robot)
    assert policy.info.name == 'openpi:ws://localhost:9#droid'
    assert not has_weights(policy.info.name)


@pytest.mark.parametrize(
    ('spec', 'expected'), [('', False), ('scripted', False), ('replay:x', False), ('out/x', True)]
)
def test_only_folders_have_weights(spec, expected):
    assert has_weights(spec) is expected
