"""A proposed mapping: what is known is in it, what is not is refused until a person decides."""

import re

import pytest

from vla_core.errors import UserError
from vla_core.robot.config import load_robot
from vla_policy.adapters.lerobot.fit import fitted
from vla_policy.adapters.lerobot.proposal import description_of, propose
from vla_policy.adapters.lerobot.saved import read_saved
from vla_policy.adapters.mapping import load_mapping

DECISIONS = {
    'camera: CHOOSE': 'camera: scene', 'fit: CHOOSE': 'fit: pad',
    'parts: CHOOSE': 'parts: [joints, gripper]', 'degrees: CHOOSE': 'degrees: false',
    'space: CHOOSE': 'space: joints', 'relative_to: CHOOSE': 'relative_to: nothing',
    'columns: CHOOSE': 'columns: []', 'rate: CHOOSE': 'rate: 30.0',
    'closed: CHOOSE': 'closed: 0.0', 'open: CHOOSE': 'open: 1.0',
}  # fmt: skip


@pytest.fixture(scope='module')
def robot():
    return load_robot('ur5e')


def test_what_is_open_is_refused_by_name(saved, robot, tmp_path):
    path = tmp_path / 'proposed.yaml'
    path.write_text(propose(read_saved(saved()), robot))
    with pytest.raises(UserError) as refusal:
        load_mapping(str(path), robot)
    assert 'not decided yet: images[0].fit, images[1].camera, images[1].fit, ' in str(
        refusal.value
    )
    for key in ('state[0].parts', 'state[0].degrees', 'action.space', 'action.relative_to',
                'action.columns', 'action.degrees', 'action.rate', 'gripper.closed',
                'gripper.open'):  # fmt: skip
        assert key in str(refusal.value)


@pytest.mark.parametrize('left', sorted(DECISIONS))
def test_one_open_decision_is_enough_to_refuse(saved, robot, tmp_path, left):
    text = propose(read_saved(saved()), robot)
    for old, new in DECISIONS.items():
        assert old in text
        text = text if old == left else text.replace(old, new)
    path = tmp_path / 'proposed.yaml'
    path.write_text(text)
    with pytest.raises(UserError, match=f'not decided yet: .*{left.split(":")[0]}'):
        load_mapping(str(path), robot)


@pytest.mark.parametrize('kind', ['act', 'diffusion', 'smolvla'])
def test_decided_it_fits_the_policy(saved, robot, tmp_path, kind):
    policy = read_saved(saved(type=kind, n_obs_steps=2))
    text = propose(policy, robot)
    for old, new in DECISIONS.items():
        text = text.replace(old, new)
    path = tmp_path / 'proposed.yaml'
    path.write_text(text)
    made = fitted(load_mapping(str(path), robot), policy, robot)
    assert [image.camera for image in made.images] == ['wrist', 'scene']
    assert made.action.rows == 8  # as many as LeRobot executes
    assert ('does not read it' in text) == (kind != 'smolvla')
    assert re.search(r'reads 2 observations: those of successive inferences', text)


def test_the_comments_say_what_is_known(saved, robot):
    policy = read_saved(saved())
    text = propose(policy, robot)
    assert 'of that size: joints + gripper | ' in text
    assert '# in the training data: -1.5..0.1, ' in text
    assert '-1.5..1\n' in text
    assert 'the camera of the same name' in text
    shown = '\n'.join(description_of(policy))
    assert 'observation.images.top (3, 96, 128)' in shown
    assert '7 numbers a row, 16 rows a chunk, of which LeRobot executes 8' in shown


def test_a_policy_without_pictures_or_numbers(saved, robot):
    policy = read_saved(saved(input_features={}))
    assert 'images: []\nstate: []\n' in propose(policy, robot)
