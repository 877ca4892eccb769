"""Whatever a command is given, it answers in one line and with exit code 2; never a traceback."""

import importlib
import sys

import pytest

from vla_bringup.checkout.root import ROOT
from vla_cli import bench, cli
from vla_cli.parser import CommandParser

NUMBERS = ['-1', 'nan', 'inf', '-inf', '1e400', '9' * 5000, '1_0', '0x10', '٣', '', 'x']
BENCHES = [name for name in bench.BENCHES if cli.exists(bench.BENCHES[name][0])]
MODULES = {
    **{
        name: module
        for name, (module, _) in cli.COMMANDS.items()
        if name != 'bench' and cli.exists(module)
    },
    **{f'bench {name}': bench.BENCHES[name][0] for name in BENCHES},
}


def refused(capsys, *argv):
    """The line with which a command line is refused."""
    code = cli.main(list(argv))
    said = capsys.readouterr().err
    assert code == 2, said
    assert said.count('\n') == 1, said
    assert said.startswith('vla: '), said
    return said


def numeric(command):
    """The options of a command that take a number."""
    parser = CommandParser()
    importlib.import_module(MODULES[command]).add_arguments(parser)
    for action in parser._actions:
        if isinstance(action.default, (int, float)) and not isinstance(action.default, bool):
            yield action.option_strings[0]


@pytest.mark.parametrize('command', MODULES)
def test_a_number_that_is_none_or_out_of_range_is_refused_by_its_option(
    command, capsys, monkeypatch
):
    monkeypatch.setattr(sys, 'argv', ['./vla', *command.split()])
    required = {name: ['x'] for name in ('answer', 'commission', 'do', 'replay')}
    required['correct'] = ['stay']
    for option in numeric(command):
        for value in NUMBERS:
            said = refused(
                capsys, *command.split(), *required.get(command, ()), f'{option}={value}'
            )
            assert f'argument {option}:' in said


@pytest.mark.parametrize('value', ['0', '1.5', '100000000000'])
@pytest.mark.parametrize(
    ('command', 'option'),
    [
        ('eval', '--episodes'), ('eval', '--workers'), ('demos', '--episodes'),
        ('rollouts', '--n'), ('rollouts', '--candidates'), ('train', '--batch'),
        ('train', '--threads'), ('bench wire', '--rounds'), ('bench kills', '--count'),
    ],
)  # fmt: skip
def test_a_count_is_a_whole_number_from_one_up(command, option, value, capsys, monkeypatch):
    monkeypatch.setattr(sys, 'argv', ['./vla', *command.split()])
    assert 'whole number from 1 to' in refused(capsys, *command.split(), option, value)


@pytest.mark.parametrize(
    ('argv', 'why'),
    [
        (['dmeo'], 'did you mean demo?'),
        (['DEMO'], 'did you mean demo?'),
        (['trian'], 'did you mean train?'),
        (['', 'x'], "no command ''"),
        (['--version'], "no command '--version'"),
        (['x' * 10_000], "no command 'xxx"),
        (['a\nb'], r"no command 'a\nb'"),
        (['\x1b[31m'], r"no command '\x1b[31m'"),
        (['help', 'dmeo'], 'did you mean demo?'),
        (['demo', '--sede', '3'], 'did you mean --seed?'),
        (['demo', 'an order'], 'unrecognized arguments: an order'),
        (['demo', '--seed'], 'expected one argument'),
        (['demo', '--robot', '\udcff'], 'argument --robot: is not UTF-8 text'),
        (['answer', '\udcff\udcfe'], 'argument words: is not UTF-8 text'),
        (['demo', '--out', ''], 'argument --out: must be a path'),
        (['demo', '--out', ' '], 'argument --out: must be a path'),
        (['demo', '--out', '/proc/x'], 'cannot create the folder /proc/x: No such file'),
        (['demo', '--out', '/dev/null'], 'cannot create the folder /dev/null: File exists'),
        (['demo', '--out', '/etc/passwd/x'], 'cannot create the folder /etc/passwd/x'),
        (['demo', '--out', 'y' * 300], 'File name too long'),
        (['train', '--out', '/proc/x'], 'cannot create the folder /proc/x'),
        (['train', '--out', ''], 'argument --out: must be a path'),
        (['train', '--checkpoint', '/proc/x'], 'cannot create the folder /proc/x'),
        (['eval', '--out', '/proc/x'], 'cannot create the folder /proc/x'),
        (['rollouts', '--out', '/sys/x'], 'cannot create the folder /sys/x'),
        (['train', '--device', 'gpu'], "invalid choice: 'gpu'"),
        (['rules', 'shwo'], "invalid choice: 'shwo'"),
        (['replay'], 'required: file'),
        (['replay', '/nowhere', '--info'], '/nowhere: No such file'),
        (['replay', '/', '--info'], 'Is a directory'),
        (['up', '/nowhere'], "no launch file '/nowhere'"),
        (['up', 'sim', 'namespace:=a b'], "'a b' is no namespace"),
        (['rules', 'show', '--extractor', 'os:path'], 'cannot be constructed'),
        (['rules', 'learn', '--pairs', '/dev/null/x'], 'Not a directory'),
        (['rules', 'learn', '--pairs', str(ROOT / 'README.md')], 'not the pairs of'),
        (['train', '--robot', 'nope'], "no robot 'nope'"),
        (['demos', '--robot', 'nope'], "no robot 'nope'"),
        (['up', 'sim', 'robot'], "'robot' is not name:=value"),
        (['demo', '--robot', '/'], "no robot '/'"),
        (['demo', '--policy', '/nowhere'], "no policy '/nowhere'"),
        (['demo', '--policy', str(ROOT / 'docs')], 'has no policy.json'),
        (['do', ' '], 'the sentence is empty'),
        (['arm', '--domain', '233'], 'from 0 to 232'),
        (['arm', '--reset', '--disarm'], 'not allowed with argument'),
        (['train', '--demos', '/etc/passwd'], 'is a file, not a folder'),
    ],
)  # fmt: skip
def test_what_a_command_cannot_take_is_one_line(argv, why, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, 'argv', ['./vla', *argv])
    assert why in refused(capsys, *argv)
    assert list(tmp_path.rglob('*.mcap')) == []


ROBOT = (ROOT / 'config/robots/ur5e.yaml').read_text()
FILES = {
    'tabs': (ROBOT.replace('  ', '\t').encode(), 'is not valid YAML'),
    'utf16': (ROBOT.encode('utf-16'), 'is not UTF-8 text'),
    'binary': (bytes(range(256)), 'is not UTF-8 text'),
    'empty': (b'', 'expected keys and values, got nothing'),
    'a list': (b'- 1\n', 'expected keys and values, got list'),
    'a number': (b'1', 'expected keys and values, got int'),
    'deep': (b'a: ' + b'[' * 5000 + b']' * 5000, 'is nested too deeply'),
    'unknown key': (ROBOT.encode() + b'\nfoo: 1\n', "unknown key 'foo'"),
    'twice': (ROBOT.encode() + b'\nname: x\n', "'name' is given twice"),
    'NUL': (ROBOT.encode() + b'\0', 'is not valid YAML'),
    'an alias of itself': (b'name: &a [*a]\n', 'is missing'),
}


@pytest.mark.parametrize('kind', FILES)
def test_a_robot_file_that_cannot_be_read_is_named(kind, tmp_path, capsys):
    content, why = FILES[kind]
    path = tmp_path / 'robot.yaml'
    path.write_bytes(content)
    said = refused(capsys, 'demo', '--robot', str(path), '--out', str(tmp_path / 'out'))
    assert why in said
    assert 'robot.yaml' in said


def test_a_folder_whose_name_is_a_number_is_a_policy(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / '1e5').mkdir()
    assert '1e5 is no checkpoint' in refused(capsys, 'eval', '--policy', '1e5')


@pytest.mark.parametrize('command', MODULES)
def test_the_help_of_every_command_has_an_example(command, capsys, monkeypatch):
    monkeypatch.setattr(sys, 'argv', ['./vla', *command.split(), '--help'])
    assert cli.main([*command.split(), '--help']) == 0
    shown = capsys.readouterr().out
    assert f'example: ./vla {command}' in shown
