"""`./vla policy`: what a saved policy reads and gives, and the proposed mapping."""

import json

import pytest

from vla_cli import cli
from vla_core.stack_root import stack_root

CONFIG = {
    'type': 'act', 'chunk_size': 16, 'n_action_steps': 8,
    'input_features': {'observation.state': {'type': 'STATE', 'shape': [7]}},
    'output_features': {'action': {'type': 'ACTION', 'shape': [7]}},
}  # fmt: skip


@pytest.fixture
def saved(tmp_path):
    folder = tmp_path / 'saved'
    folder.mkdir()
    (folder / 'config.json').write_text(json.dumps(CONFIG))
    for name in ('model.safetensors', 'policy_preprocessor.json', 'policy_postprocessor.json'):
        (folder / name).touch()
    return folder


def test_a_mapping_is_shown_or_written_but_never_over_another_file(saved, tmp_path, capsys):
    assert cli.main(['policy', 'inspect', str(saved)]) == 0
    shown = capsys.readouterr().out
    assert 'numbers observation.state (7,)' in shown
    path = tmp_path / 'mine.yaml'
    assert cli.main(['policy', 'inspect', str(saved), '--write', str(path)]) == 0
    assert path.read_text() in shown
    assert f"--policy 'lerobot:{saved}#{path}'" in capsys.readouterr().out
    path.write_text('mine')
    assert cli.main(['policy', 'inspect', str(saved), '--write', str(path)]) == 2
    assert 'exists; remove it' in capsys.readouterr().err
    assert path.read_text() == 'mine'


def test_a_checkpoint_of_ours_shows_its_card(capsys):
    folder = stack_root() / 'checkpoints/tabletop'
    assert cli.main(['policy', 'inspect', str(folder)]) == 0
    assert 'tokens          "objects"' in capsys.readouterr().out


def test_an_unknown_environment_lists_the_known_ones(capsys):
    assert cli.main(['policy', 'environment', 'openpi']) == 2
    assert "choose from 'lerobot'" in capsys.readouterr().err.replace('lerobot)', "'lerobot')")
