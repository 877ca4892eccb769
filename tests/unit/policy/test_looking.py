"""The policy that looks: its checkpoint, what it needs, and what reaches its chunks."""

import json
from dataclasses import asdict, replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from vla_core.errors import UserError
from vla_core.records.action import EE_NAMES
from vla_core.records.sensing import CameraModel, RgbdFrame
from vla_core.robot.config import load_robot
from vla_policy import checkpoint
from vla_policy.checkpoint import PolicyCard
from vla_policy.decoders.by_name import decoder_of
from vla_policy.image_model import ImageModel, ImageModelParams
from vla_policy.looking import LookingPolicy
from vla_policy.registry import load_policy
from vla_policy.tokens.patches import ViewParams
from vla_policy.tokens.proprioception import COLUMNS
from vla_policy.tokens.windows import WindowParams
from vla_policy.trunk.model import TrunkParams

HORIZON = 4
WINDOWS = {'scene': WindowParams(32, 64, scale=0.01), 'wrist': WindowParams(32, 32)}
SIZE = ImageModelParams(
    tuple(ViewParams(name, w.height, w.width, 2, 2, 4) for name, w in WINDOWS.items()),
    len(COLUMNS),
    trunk=TrunkParams(7, HORIZON, 16, 2, prefix_layers=1, suffix_layers=1),
)
VIEWS = {name: asdict(params) for name, params in WINDOWS.items()}
MODEL = CameraModel('optical', 320, 240, 257.0, 257.0, 159.5, 119.5)


class Words:
    """Stands for the sentence encoder: another state for another sentence."""

    def states(self, text):
        return np.full((3, 384), len(text) / 50.0, np.float32)


@pytest.fixture(scope='module')
def ur5e():
    return load_robot('ur5e')


@pytest.fixture
def saved(tmp_path, ur5e):
    torch.manual_seed(0)
    spec = {'name': 'flow', 'steps': 2, 'copies': 1}
    model = ImageModel(SIZE, decoder_of(spec))
    for parameter in model.parameters():
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.3)
    rows = np.zeros((HORIZON, 7)).tolist(), np.full((HORIZON, 7), 0.01).tolist()
    inputs = {'windows': VIEWS, 'robot_columns': COLUMNS}
    card = PolicyCard(
        checkpoint.FORMAT, 'patches', inputs, asdict(SIZE), spec, 'EE_DELTA', EE_NAMES, 0.1,
        *rows, (), 'ur5e', ur5e.joint_names, ur5e.arm.tip_frame, '', 'code', 'data', {},
    )  # fmt: skip
    checkpoint.save(tmp_path, card, model)
    return tmp_path


def frame(camera, value=90):
    random = np.random.default_rng(value)
    image = random.integers(0, 2 * value, (240, 320, 3)).astype(np.uint8)
    return RgbdFrame(camera, 1.0, MODEL, image, np.ones((240, 320), np.float32))


def observation(ur5e, instruction='press the red button', **frames):
    from vla_core.robot.model import RobotModel

    frames = frames or {'scene': frame('scene'), 'wrist': frame('wrist')}
    return SimpleNamespace(
        stamp=1.0, task_id='t', instruction=instruction, gripper=0.08, frames=frames,
        base_from_tcp=RobotModel(ur5e).fk(np.array(ur5e.home)), tcp_velocity=np.zeros(6),
    )  # fmt: skip


@pytest.fixture
def policy(saved, ur5e):
    return LookingPolicy(checkpoint.load(saved, ur5e, ImageModel), ur5e, encoder=Words())


def chunk(policy, seen):
    policy.reset('t', seen.instruction, 3)
    return policy.act(seen).chunks[0].values


def test_a_checkpoint_is_found_by_its_folder_and_says_which_cameras_it_needs(saved, ur5e):
    policy = load_policy(str(saved), ur5e)
    assert isinstance(policy, LookingPolicy)
    assert policy.info.cameras == ('scene', 'wrist')
    assert policy.info.horizon == HORIZON


def test_candidates_differ_and_the_same_seed_gives_the_same(policy, ur5e):
    seen = observation(ur5e)
    policy.reset('t', seen.instruction, 3)
    proposal = policy.act(seen, 3)
    assert len(proposal.chunks) == 3
    assert not np.allclose(proposal.chunks[1].values, proposal.chunks[2].values)
    assert proposal.features.feature.shape == (16,)
    assert np.array_equal(chunk(policy, seen), chunk(policy, seen))


@pytest.mark.parametrize('what', ['scene', 'wrist', 'instruction'])
def test_every_input_changes_the_chunk(policy, ur5e, what):
    seen = observation(ur5e)
    other = SimpleNamespace(**vars(seen))
    if what == 'instruction':
        other.instruction = 'push the other cube to the left'
    else:
        other.frames = {**seen.frames, what: frame(what, 30)}
    assert not np.allclose(chunk(policy, seen), chunk(policy, other), atol=1e-6)


def test_without_a_picture_there_is_no_candidate(policy, ur5e):
    proposal = policy.act(observation(ur5e, scene=frame('scene')))
    assert proposal.chunks == ()
    assert proposal.reason == 'no picture of camera wrist'


def test_a_picture_that_the_window_does_not_fit_is_the_reason(policy, ur5e):
    seen = observation(ur5e)
    near = replace(MODEL, fx=9000.0, fy=9000.0)
    seen.frames['scene'] = replace(seen.frames['scene'], model=near)
    proposal = policy.act(seen)
    assert proposal.chunks == ()
    assert 'is not inside its image' in proposal.reason


def change(folder, **values):
    path = folder / checkpoint.CARD
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


@pytest.mark.parametrize(
    ('values', 'words'),
    [
        ({'decoder': {'name': 'flwo'}}, "no decoder 'flwo'; known: flow, regress"),
        ({'decoder': {'name': 'flow', 'stps': 3}}, 'decoder flow'),
        ({'inputs': {'windows': VIEWS, 'robot_columns': ['x']}}, 'columns of the robot row'),
        ({'mean': [[float('nan')] * 7] * HORIZON}, 'mean of the chunks is not finite'),
        ({'spread': [[0.0] * 7] * HORIZON}, 'spread of the chunks is not positive'),
        ({'mean': [[0.0]]}, 'shape of mean'),
        ({'inputs': {'windows': {'scene': VIEWS['scene']}, 'robot_columns': COLUMNS}}, 'windows'),
        ({'tip_frame': 'flange'}, 'tip frame'),
        ({'weights': '0' * 64}, 'hash of policy'),
        ({'surprise': 1}, 'surprise'),
    ],
)
def test_what_does_not_fit_is_refused_by_name(saved, ur5e, values, words):
    change(saved, **values)
    with pytest.raises(UserError, match=words):
        checkpoint.load(saved, ur5e, ImageModel)


def test_a_robot_without_the_camera_is_refused(saved, ur5e):
    blind = replace(ur5e, cameras=ur5e.cameras[:1])
    with pytest.raises(UserError, match=r"cameras that the robot lacks is \['wrist'\]"):
        checkpoint.load(saved, blind, ImageModel)
