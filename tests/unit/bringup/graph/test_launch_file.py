"""The subset of ROS 2's YAML launch format that the runner reads; the rest is refused."""

from pathlib import Path

import pytest

from vla_bringup.graph.launch_file import arguments_of, load_launch
from vla_cli.up import find_launch, parse_settings
from vla_core.errors import UserError

LAUNCH = Path(__file__).resolve().parents[4] / 'launch'
FILES = sorted(path.name for path in LAUNCH.glob('*.launch.yaml'))


@pytest.fixture
def prefix(tmp_path, monkeypatch):
    """An installed workspace with one package that has one executable."""
    share, lib = tmp_path / 'share' / 'toy', tmp_path / 'lib' / 'toy'
    share.mkdir(parents=True)
    lib.mkdir(parents=True)
    (share / 'package.xml').touch()
    (lib / 'node').touch()
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path))
    return tmp_path


def write(folder, text, name='a.launch.yaml'):
    path = folder / name
    path.write_text('launch:\n' + text)
    return path


NODE = (
    "- node: {pkg: toy, exec: node, name: it, param: [{name: n, value: '$(var n)', type: %s}]}\n"
)
ARG = "- arg: {name: n, default: '5', description: how many}\n"


def words(path, **given):
    return list(load_launch(path, given).nodes[0].arguments)


def test_a_node_becomes_a_command_with_its_name_and_parameters(prefix):
    path = write(prefix, ARG + NODE % 'int')
    spec = load_launch(path, {}).nodes[0]
    assert spec.executable == prefix / 'lib' / 'toy' / 'node'
    assert list(spec.arguments) == ['--ros-args', '-r', '__node:=it', '-p', 'n:=5']


@pytest.mark.parametrize(
    ('kind', 'given', 'shown'),
    [
        ('int', '7', '7'),
        ('str', '7', "'7'"),
        ('str', 'ur5e', "'ur5e'"),
        ('str', '1e5', "'1e5'"),
        ('str', 'no', "'no'"),
        ('float', '0.5', '0.5'),
    ],
)
def test_a_value_keeps_its_type_on_the_command_line(prefix, kind, given, shown):
    assert words(write(prefix, ARG + NODE % kind), n=given)[-1] == f'n:={shown}'


def test_a_list_stays_a_list(prefix):
    text = '- node: {pkg: toy, exec: node, param: [{name: order, value: [a, b]}]}\n'
    assert words(write(prefix, text))[-1] == 'order:=[a, b]'


def test_remaps_and_parameter_files_are_passed_on(prefix):
    (prefix / 'p.yaml').touch()
    text = """- node:
    pkg: toy
    exec: node
    remap: [{from: /a, to: /b}]
    param: [{from: $(dirname)/p.yaml}]
"""
    assert words(write(prefix, text)) == [
        '--ros-args', '-r', '/a:=/b', '--params-file', str(prefix / 'p.yaml'),
    ]  # fmt: skip


def test_an_include_gets_only_the_arguments_it_is_given(prefix):
    write(prefix, ARG + NODE % 'int', 'inner.launch.yaml')
    text = """- arg: {name: n, default: '9'}
- include: {file: $(dirname)/inner.launch.yaml}
- include: {file: $(dirname)/inner.launch.yaml, arg: [{name: n, value: $(var n)}]}
"""
    nodes = load_launch(write(prefix, text), {}).nodes
    assert [spec.arguments[-1] for spec in nodes] == ['n:=5', 'n:=9']


def test_let_and_set_env_hold_for_what_follows(prefix):
    text = """- let: {name: n, value: '3'}
- set_env: {name: A, value: 'x$(var n)'}
- node: {pkg: toy, exec: node, respawn: 'true', respawn_delay: 1.5, on_exit: shutdown}
"""
    spec = load_launch(write(prefix, text), {}).nodes[0]
    assert (spec.env, spec.respawn_delay, spec.ends_all) == ({'A': 'x3'}, 1.5, True)


def test_a_limit_of_respawns_is_read(prefix):
    text = "- node: {pkg: toy, exec: node, respawn: 'true', respawn_max_retries: 3}\n"
    spec = load_launch(write(prefix, text), {}).nodes[0]
    assert (spec.max_respawns, spec.ends_all) == (3, False)


@pytest.mark.parametrize(
    ('text', 'given', 'message'),
    [
        (ARG, {'m': '1'}, "has no argument 'm'; known: n"),
        ('- arg: {name: n, description: how many}\n', {}, 'needs n:='),
        (NODE % 'int', {}, 'no value'),
        ('- group: {}\n', {}, "action 'group' needs ros2 launch"),
        ('- node: {pkg: toy, exec: node, machine: x}\n', {}, "setting 'machine'"),
        ('- node: {pkg: toy, exec: gone}\n', {}, "no executable 'gone'; known: node"),
        ('- node: {pkg: gone, exec: node}\n', {}, "package 'gone' is not installed"),
        ('- let: {name: a, value: $(eval 1)}\n', {}, 'eval'),
        ('- node: {pkg: toy, exec: node, param: [{from: /no.yaml}]}\n', {}, 'no parameter file'),
        ('- arg\n', {}, 'not one action'),
    ],
)
def test_what_is_not_understood_is_refused_by_name(prefix, text, given, message):
    with pytest.raises(UserError, match=message):
        load_launch(write(prefix, text), given)


def test_a_file_that_is_not_there_or_not_a_launch_file_is_refused(tmp_path):
    with pytest.raises(UserError, match='no launch file'):
        load_launch(tmp_path / 'gone', {})
    path = tmp_path / 'a.yaml'
    path.write_text('nodes: []\n')
    with pytest.raises(UserError, match='not a launch file'):
        load_launch(path, {})


def test_an_unknown_launch_file_lists_the_known_ones(prefix):
    (prefix / 'share' / 'vla_bringup' / 'launch').mkdir(parents=True)
    (prefix / 'share' / 'vla_bringup' / 'package.xml').touch()
    write(prefix / 'share' / 'vla_bringup' / 'launch', ARG, 'sim.launch.yaml')
    with pytest.raises(UserError, match='known: launch/sim'):
        find_launch('launch/gone.launch.yaml')
    assert find_launch('sim').name == 'sim.launch.yaml'


def test_a_launch_file_is_found_from_any_folder_by_the_path_in_the_readme(
    prefix, tmp_path, monkeypatch
):
    (prefix / 'share' / 'vla_bringup' / 'launch').mkdir(parents=True)
    (prefix / 'share' / 'vla_bringup' / 'package.xml').touch()
    write(prefix / 'share' / 'vla_bringup' / 'launch', ARG, 'sim.launch.yaml')
    monkeypatch.chdir(tmp_path)
    assert find_launch('launch/sim.launch.yaml').name == 'sim.launch.yaml'


def test_settings_are_written_with_a_colon_and_an_equals_sign():
    assert parse_settings(['a:=b', 'c:=d:=e']) == {'a': 'b', 'c': 'd:=e'}
    with pytest.raises(UserError, match="'a=b' is not name:=value"):
        parse_settings(['a=b'])


@pytest.mark.parametrize('name', FILES)
def test_our_launch_files_have_at_most_six_described_arguments(name):
    arguments = arguments_of(LAUNCH / name)
    assert len(arguments) <= 6
    assert all(argument.description for argument in arguments)


@pytest.mark.parametrize('name', FILES)
def test_our_launch_files_are_short(name):
    assert len((LAUNCH / name).read_text().splitlines()) <= 100


@pytest.mark.parametrize(
    ('action', 'why'),
    [
        ('node: {pkg: vla_sim}', "has no 'exec'"),
        ('node: {exec: node}', "has no 'pkg'"),
        ('node: 3', 'node 3: '),
        ('node: [a]', "node setting 'a'"),
        ('let: {name: x}', "has no 'value'"),
        ('set_env: {value: x}', "has no 'name'"),
        ('include: {}', "has no 'file'"),
        ('node: {pkg: vla_sim, exec: node, param: [{nme: x}]}', "has no 'value'"),
        ('node: {pkg: vla_sim, exec: node, param: [{name: x, value: "[1"}]}', "',' or ']'"),
        ('node: {pkg: vla_sim, exec: node, respawn: true, respawn_delay: x}', "to float: 'x'"),
        ('node: {pkg: vla_sim, exec: node, env: 3}', 'not iterable'),
    ],
)
def test_a_wrong_setting_is_one_line_with_file_and_action(tmp_path, action, why):
    path = tmp_path / 'mine.launch.yaml'
    path.write_text(f'launch:\n- {action}\n')
    with pytest.raises(UserError) as error:
        load_launch(path, {})
    assert why in str(error.value)
    assert str(error.value).startswith(f'{path}: ')
    assert '\n' not in str(error.value)
