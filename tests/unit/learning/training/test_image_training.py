"""The whole of a training on pictures, small: rounds, resuming, refusals."""

import json
from pathlib import Path

import pytest
import torch

from vla_core.errors import UserError
from vla_core.params import from_mapping
from vla_learning.training.image_config import ImageTraining
from vla_learning.training.image_training import discard, require_same_plan, run
from vla_policy import checkpoint
from vla_policy.image_model import ImageModel

SMALL = {
    'tasks': ['press'],
    'rounds': [
        {'driver': 'expert', 'episodes': 2, 'steps': 3},
        {'driver': 'learner', 'episodes': 1, 'steps': 2},
    ],
    'decoder': {'name': 'flow', 'steps': 2, 'copies': 1},
    'model': {'trunk': {'width': 16, 'heads': 2, 'prefix_layers': 1, 'suffix_layers': 1}},
    'batch': 4,
}


def config(**changes):
    return from_mapping(ImageTraining, SMALL | changes, 'a file')


def test_rounds_of_expert_and_learner_give_a_checkpoint_and_go_on(tmp_path, ur5e):
    torch.set_num_threads(1)
    to, device = tmp_path / 'mine', torch.device('cpu')
    result = run(config(), tmp_path, to, device, 1)
    loaded = checkpoint.load(to, ur5e, ImageModel)
    assert loaded.card.training['steps_done'] == 5
    figures = {figure.name: figure.value for figure in result.figures}
    assert figures['round 1, expert: done'] == 1.0
    assert len(list((tmp_path / 'round-1').glob('*.npz'))) == 1  # kept, done or not
    weights = (to / checkpoint.WEIGHTS).read_bytes()
    stamps = [path.stat().st_mtime_ns for path in sorted(tmp_path.glob('round-*/*.npz'))]
    run(config(), tmp_path, to, device, 1)
    assert (to / checkpoint.WEIGHTS).read_bytes() == weights
    assert stamps == [path.stat().st_mtime_ns for path in sorted(tmp_path.glob('round-*/*.npz'))]


def test_another_configuration_does_not_go_on_with_a_run(tmp_path):
    plan = tmp_path / 'plan.json'
    require_same_plan(plan, config())
    require_same_plan(plan, config())
    with pytest.raises(UserError, match='a run with another batch, seed: give another --out'):
        require_same_plan(plan, config(batch=8, seed=1))
    assert json.loads(plan.read_text())['batch'] == 4
    discard(tmp_path)
    require_same_plan(plan, config(batch=8))


def test_a_folder_without_a_run_is_not_emptied(tmp_path):
    (tmp_path / 'cache').mkdir()
    (tmp_path / 'round-1').mkdir()
    discard(tmp_path)
    assert (tmp_path / 'cache').is_dir()
    assert (tmp_path / 'round-1').is_dir()


@pytest.mark.parametrize(
    ('changes', 'words'),
    [
        ({'rounds': []}, 'no learner yet'),
        ({'rounds': [{'driver': 'learner'}]}, 'no learner yet'),
        ({'rounds': [{'driver': 'me'}]}, 'drawn, expert, learner'),
        ({'tokens': 'objects'}, 'patches'),
        ({'seed': 60}, 'its scenes would be those of the tests'),
        ({'steps': 3}, "unknown key 'steps'"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(changes, words):
    with pytest.raises(UserError, match=words):
        config(**changes)


def test_an_unknown_size_is_refused_before_anything_is_collected(tmp_path):
    with pytest.raises(UserError, match="model: unknown key 'widht'"):
        run(config(model={'widht': 3}), tmp_path, tmp_path, torch.device('cpu'), 1)
    assert not list(Path(tmp_path).glob('round-*'))
