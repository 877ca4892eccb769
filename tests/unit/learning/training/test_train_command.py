"""`./vla train`: options, and the configuration file in their place."""

import argparse

import pytest

from vla_core.errors import UserError
from vla_learning.training import train


def arguments(*words):
    parser = argparse.ArgumentParser()
    train.add_arguments(parser)
    return parser.parse_args(words)


def test_the_shipped_configuration_is_found_by_its_name_and_by_its_path():
    file = train.find_config('vision')
    assert train.find_config(str(file)) == file


def test_an_unknown_configuration_lists_the_known_ones():
    with pytest.raises(UserError, match="no training 'vison'; known: vision, or a file"):
        train.run(arguments('--config', 'vison'))


@pytest.mark.parametrize('option', [('--steps', '4'), ('--batch', '8'), ('--tasks', 'press')])
def test_what_the_file_says_is_not_said_by_an_option_too(option):
    with pytest.raises(UserError, match=f'{option[0]} is given by the file of --config'):
        train.run(arguments('--config', 'vision', *option))


def test_the_folders_of_a_file_are_those_that_are_checked_before_it_runs(tmp_path):
    usual = train.output_folders(arguments('--config', 'vision'))
    assert [str(folder) for folder in usual] == ['out/train-vision', 'out/train-vision/checkpoint']
    mine = train.output_folders(arguments('--config', 'vision', '--out', str(tmp_path)))
    assert mine == [tmp_path, tmp_path / 'checkpoint']


def test_seed_and_folders_go_with_a_file(monkeypatch, tmp_path):
    from vla_core.result import Figure, Result
    from vla_learning.training import image_training

    calls = []

    def run(config, out, to, device, workers):
        calls.append((config.seed, out, to, workers))
        return Result('train', 'c', (Figure('steps', 1.0),))

    monkeypatch.setattr(image_training, 'run', run)
    out = str(tmp_path / 'mine')
    assert train.run(arguments('--config', 'vision', '--seed', '2', '--out', out)) == 0
    assert train.run(arguments('--config', 'vision', '--workers', '3')) == 0
    assert calls[0][:2] == (2, tmp_path / 'mine')
    assert calls[0][2] == tmp_path / 'mine/checkpoint'
    assert str(calls[1][1]) == 'out/train-vision'
    assert calls[1][3] == 3
