"""What is read of a folder that LeRobot saved."""

import json

import numpy as np
import pytest

from vla_core.errors import UserError
from vla_policy.adapters.lerobot.saved import is_lerobot, read_saved


def test_inputs_outputs_and_chunk_are_read(saved):
    made = read_saved(saved())
    assert made.kind == 'act'
    assert made.images == {
        'observation.images.wrist': (3, 96, 128), 'observation.images.top': (3, 96, 128)
    }  # fmt: skip
    assert made.numbers == {'observation.state': (7,)}
    assert (made.columns, made.rows, made.rows_executed) == (7, 16, 8)
    assert made.observation_steps == 1
    assert not made.reads_task
    np.testing.assert_allclose(made.ranges['action'][:, -1], [-1.5, 1.0])


def test_a_diffusion_policy_gives_the_rows_that_it_executes(saved):
    made = read_saved(saved(type='diffusion', n_obs_steps=2, horizon=16, chunk_size=None))
    assert (made.rows, made.rows_executed, made.observation_steps) == (8, 8, 2)


def test_a_checkpoint_of_the_trainer_has_the_policy_inside(saved, tmp_path):
    folder = saved()
    (tmp_path / 'last').mkdir()
    folder.rename(tmp_path / 'last' / 'pretrained_model')
    assert is_lerobot(tmp_path / 'last')
    assert read_saved(tmp_path / 'last').folder.name == 'pretrained_model'


@pytest.mark.parametrize(
    ('without', 'words'),
    [
        ('config.json', 'is no policy that LeRobot saved: it has no config.json'),
        ('model.safetensors', 'it has no model.safetensors'),
        ('policy_preprocessor.json', 'saved before LeRobot 0.4; convert it'),
        ('policy_postprocessor.json', 'has no policy_postprocessor.json'),
    ],
)
def test_a_missing_file_is_named(saved, without, words):
    folder = saved(without=without)
    with pytest.raises(UserError, match=words):
        read_saved(folder)


@pytest.mark.parametrize(
    ('config', 'words'),
    [
        ('{', 'config.json: Expecting'),
        (json.dumps({'architectures': ['Bert']}), 'no type and input_features'),
        (json.dumps({'type': 'act', 'input_features': {'a': 3}}), 'input_features: no type and'),
        (json.dumps({'type': 'act', 'input_features': {}, 'output_features': {}}),
         'output_features has no action'),
    ],
)  # fmt: skip
def test_another_configuration_is_refused(saved, config, words):
    folder = saved()
    (folder / 'config.json').write_text(config)
    with pytest.raises(UserError, match=words):
        read_saved(folder)


def test_statistics_that_cannot_be_read_are_named(saved):
    folder = saved()
    (folder / 'policy_preprocessor_step_3.safetensors').write_text('x')
    with pytest.raises(UserError, match='policy_preprocessor_step_3'):
        read_saved(folder)
