"""The command line: one line for a user error; a command without its module is not listed."""

import errno
import sys

import pytest

from vla_cli import cli, docs
from vla_report import headlines


@pytest.fixture
def broken_command(monkeypatch):
    """A command `x` that raises what the test puts in."""

    class Command:
        __doc__ = 'A command.'
        error: BaseException = RuntimeError()

        def add_arguments(self, parser):
            pass

        def run(self, args):
            raise self.error

    command = Command()
    monkeypatch.setitem(sys.modules, 'vla_x', command)
    monkeypatch.setattr(cli, 'COMMANDS', {'x': ('vla_x', 'a command')})
    monkeypatch.setattr(cli, 'exists', lambda module: True)
    return command


def test_an_unknown_command_names_the_known_ones(capsys):
    assert cli.main(['nope']) == 2
    output = capsys.readouterr().err
    assert output.startswith("vla: no command 'nope'; known: ")
    assert 'doctor' in output
    assert output.count('\n') == 1


def test_a_command_without_its_module_is_not_listed(capsys, monkeypatch):
    monkeypatch.setattr(cli, 'COMMANDS', {'ghost': ('vla_core.ghost', 'not there')})
    assert cli.main(['--help']) == 0
    assert 'ghost' not in capsys.readouterr().out


def test_what_the_user_can_mend_is_one_line(broken_command, capsys):
    broken_command.error = cli.UserError('no such robot')
    assert cli.main(['x']) == 2
    assert capsys.readouterr().err == 'vla: no such robot\n'


@pytest.mark.parametrize('name', ['MISSING.yaml', 'folder.yaml', 'missing'])
def test_a_robot_file_to_check_that_is_not_there_is_a_user_error(name, tmp_path, capsys):
    (tmp_path / 'folder.yaml').mkdir()
    assert cli.main(['robot', 'check', str(tmp_path / name)]) == 2
    output = capsys.readouterr().err
    assert name in output
    assert output.count('\n') == 1


def test_an_interrupt_is_quiet(broken_command, capsys):
    broken_command.error = KeyboardInterrupt()
    assert cli.main(['x']) == 130
    assert capsys.readouterr().err == ''


def test_a_file_that_cannot_be_written_is_one_line(broken_command, capsys, monkeypatch):
    broken_command.error = PermissionError(errno.EACCES, 'Permission denied', '/proc/x')
    assert cli.main(['x']) == 2
    assert capsys.readouterr().err == (
        'vla: /proc/x: Permission denied; VLA_TRACEBACK=1 shows the traceback\n'
    )
    broken_command.error = OSError(errno.ENOSPC, 'No space left on device')
    assert cli.main(['x']) == 2
    assert capsys.readouterr().err.startswith('vla: No space left on device')
    monkeypatch.setenv('VLA_TRACEBACK', '1')
    with pytest.raises(OSError, match='No space'):
        cli.main(['x'])


def test_a_stale_results_page_is_noticed(tmp_path, monkeypatch):
    kept = tmp_path / 'docs' / 'results'
    kept.mkdir(parents=True)
    monkeypatch.setattr(docs, 'ROOT', tmp_path)
    monkeypatch.setattr(docs, 'KEPT', kept)
    monkeypatch.setattr(docs, 'PAGE', tmp_path / 'docs' / 'results.md')
    monkeypatch.setattr(docs, 'README', tmp_path / 'README.md')
    monkeypatch.setattr(docs, 'INPUTS', tmp_path / 'docs' / 'inputs.md')
    docs.README.write_text(f'{headlines.BEGIN}\n{headlines.END}\n')
    assert cli.main(['docs', '--check']) == 1
    assert cli.main(['docs']) == 0
    assert 'not yet' in docs.README.read_text()
    assert cli.main(['docs', '--check']) == 0
