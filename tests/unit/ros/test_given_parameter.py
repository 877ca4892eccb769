"""A parameter of the command line, or of a file that it names."""

import pytest

from vla_ros.params import given_parameter


@pytest.mark.parametrize(
    ('arguments', 'value'),
    [
        (['node', '--ros-args', '-p', 'policy:=a/b'], 'a/b'),
        (['node', '--ros-args', '-p', "policy:='remote:ws://x:1'"], 'remote:ws://x:1'),
        (['-p', 'policy:=a', '-p', 'policy:=b'], 'b'),
        (['-p', 'other:=a', '-p', 'policy_rate:=b'], ''),
        ([], ''),
    ],
)
def test_the_last_value_of_the_command_line_counts(arguments, value):
    assert given_parameter('policy', arguments) == value


def test_a_parameter_file_is_read_as_launch_writes_it(tmp_path):
    path = tmp_path / 'p.yaml'
    path.write_text('/**:\n  ros__parameters:\n    policy: checkpoints/vision\n')
    assert given_parameter('policy', ['--params-file', str(path)]) == 'checkpoints/vision'
    assert given_parameter('policy', ['--params-file', str(path), '-p', 'policy:=b']) == 'b'
    path.write_text('left:\n  policy:\n    ros__parameters:\n      policy: c\n')
    assert given_parameter('policy', ['--params-file', str(path)]) == 'c'


@pytest.mark.parametrize('text', ['a: [', '- 1', 'a: {ros__parameters: 3}', ''])
def test_a_file_that_is_none_counts_as_empty(tmp_path, text):
    path = tmp_path / 'p.yaml'
    path.write_text(text)
    assert given_parameter('policy', ['--params-file', str(path)]) == ''
    assert given_parameter('policy', ['--params-file', str(tmp_path / 'gone.yaml')]) == ''
