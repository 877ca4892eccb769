"""`ros2 launch` reads the file wherever it exists; our own reader only where it does not."""

import os

import pytest

from vla_bringup.graph import sessions
from vla_bringup.graph.launch_file import load_launch
from vla_cli import cli, up

ROS2 = """#!/bin/sh
echo "$@" >> {log}
"""


@pytest.fixture
def launched(tmp_path, monkeypatch):
    """A `ros2` command that writes down its arguments; no node is on the domain."""
    log, ros2 = tmp_path / 'log', tmp_path / 'bin' / 'ros2'
    ros2.parent.mkdir()
    ros2.write_text(ROS2.format(log=log))
    ros2.chmod(0o755)
    monkeypatch.setenv('PATH', f'{ros2.parent}{os.pathsep}{os.environ["PATH"]}')
    monkeypatch.setattr(sessions, 'nodes_on', lambda domain: set())
    return lambda: log.read_text().splitlines()


def test_a_file_that_our_reader_refuses_is_left_to_ros2_launch(tmp_path, launched, monkeypatch):
    monkeypatch.setattr(up, 'find_share', lambda package: tmp_path)
    file = tmp_path / 'mine.launch.yaml'
    file.write_text('launch:\n- timer: {period: 1.0, children: []}\n')
    assert cli.main(['up', str(file), 'robot:=mine']) == 0
    assert launched()[-1] == f'launch {file} robot:=mine'


def test_its_arguments_are_shown_by_ros2_launch(tmp_path, launched, monkeypatch):
    monkeypatch.setattr(up, 'find_share', lambda package: tmp_path)
    file = tmp_path / 'mine.launch.py'
    file.write_text('')
    assert cli.main(['up', str(file), '--show-args']) == 0
    assert launched()[-1] == f'launch --show-args {file}'


def test_a_second_shield_is_refused_before_ros2_launch_starts(launched, monkeypatch, capsys):
    monkeypatch.setattr(sessions, 'nodes_on', lambda domain: {'/shield', '/rviz'})
    monkeypatch.setattr(up, 'find_launch', lambda name: name)
    assert cli.main(['up', 'sim']) == 2
    assert '/shield already running on ROS domain' in capsys.readouterr().err
    assert launched() == ['launch --help']


@pytest.mark.parametrize(
    ('there', 'namespace', 'is_refused'),
    [
        ('/lab/other/shield', '', False),
        ('/lab/shield', 'lab', True),
        ('/lab/shield', '/lab/', True),
        ('/shield', 'lab', False),
        ('/shield2', '', False),
    ],
)
def test_only_the_same_full_name_is_a_rival(there, namespace, is_refused, launched, monkeypatch):
    monkeypatch.setattr(sessions, 'nodes_on', lambda domain: {there})
    monkeypatch.setattr(up, 'find_launch', lambda name: name)
    code = cli.main(['up', 'sim', f'namespace:={namespace}'])
    assert (code == 2) == is_refused


def test_the_nodes_of_a_launch_file_are_known_by_their_full_names(tmp_path):
    file = tmp_path / 'mine.launch.yaml'
    node = '- node: {pkg: vla_shield, exec: node, name: guard'
    file.write_text(f'launch:\n{node}}}\n{node}, namespace: lab/one}}\n')
    assert [spec.full_name for spec in load_launch(file, {}).nodes] == [
        '/guard', '/lab/one/guard',
    ]  # fmt: skip
