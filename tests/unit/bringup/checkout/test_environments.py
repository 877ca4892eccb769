"""Environments of their own: what is installed, and when again."""

import pytest

from vla_bringup.checkout import environments
from vla_bringup.checkout.logged_command import SetupError


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A checkout with requirements/lerobot.txt, in which commands are only noted."""
    monkeypatch.setattr(environments, 'ROOT', tmp_path)
    monkeypatch.setattr(environments, 'FOLDER', tmp_path / 'out/environments')
    monkeypatch.setattr(environments, 'digest', lambda files, *_: files[0].read_text())
    (tmp_path / 'requirements').mkdir()
    write(tmp_path, 'torch==1\n# without their dependencies\nlerobot==2\n')
    return tmp_path


def write(root, text):
    (root / 'requirements/lerobot.txt').write_text(text)


@pytest.fixture
def commands(monkeypatch):
    made = []

    def note(command, *_):
        made.append(command)
        if command[1:3] == ['-m', 'venv']:
            environments.Path(command[3]).mkdir(parents=True)

    monkeypatch.setattr(environments, 'run_logged', note)
    return made


def test_the_last_ones_come_without_their_dependencies(root, commands):
    folder = environments.make_extra_environment('lerobot')
    assert folder == root / 'out/environments/lerobot'
    assert [command[1:3] for command in commands] == [['-m', 'venv'], ['-m', 'pip'], ['-m', 'pip']]
    assert commands[1][-1] == 'torch==1'
    assert '--no-deps' not in commands[1]
    assert commands[2][-2:] == ['--no-deps', 'lerobot==2']


def test_it_is_made_again_only_when_its_list_has_changed(root, commands):
    folder = environments.make_extra_environment('lerobot')
    environments.make_extra_environment('lerobot')
    assert len(commands) == 3
    (folder / 'old').touch()
    write(root, 'torch==2\n')
    environments.make_extra_environment('lerobot')
    assert commands[-1][-1] == 'torch==2'
    assert not (folder / 'old').exists()


def test_one_that_failed_is_not_taken_for_whole(root, commands, monkeypatch):
    good = environments.run_logged

    def fail(command, *more):
        if '--no-deps' in command:
            raise SetupError('no network')
        good(command, *more)

    monkeypatch.setattr(environments, 'run_logged', fail)
    for _ in range(2):
        with pytest.raises(SetupError, match='no network'):
            environments.make_extra_environment('lerobot')
    assert len(commands) == 4
