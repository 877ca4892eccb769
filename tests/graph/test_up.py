"""`./vla up` as people type it when something is wrong: the last line says what."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import rclpy

from vla_bringup.graph.domain import nodes_on
from vla_bringup.graph.sessions import check_domain, current_domain
from vla_core.errors import UserError

ROOT = Path(__file__).resolve().parents[2]


def up(*words):
    """Exit code and the lines of a launch that is ended, if need be, after a minute."""
    done = subprocess.run(
        [sys.executable, '-m', 'vla_cli.cli', 'up', 'launch/sim.launch.yaml', *words],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False, env=os.environ,
    )  # fmt: skip
    return done.returncode, (done.stdout + done.stderr).splitlines()


@pytest.mark.parametrize(
    ('text', 'why'),
    [
        ('shield:\n  ros__parameters:\n    shield: {perod: 0.01}\n', 'unknown parameter'),
        ('shield:\n  ros__parameters:\n    shield: {period: 7.0}\n', 'must be between'),
    ],
)
def test_a_node_that_cannot_be_configured_is_named_last(tmp_path, text, why):
    config = tmp_path / 'stack.yaml'
    config.write_text(text)

    code, lines = up(f'config:={config}')

    assert code == 1
    assert lines[-1].startswith('vla: shield: cannot configure:')
    assert why in lines[-1]
    assert not [line for line in lines if 'Traceback' in line]


def test_a_robot_without_a_camera_is_refused_by_name(tmp_path):
    robot = (ROOT / 'config/robots/ur5e.yaml').read_text()
    blind = tmp_path / 'blind.yaml'
    blind.write_text(robot[: robot.index('cameras:')] + 'cameras: []\n')

    code, lines = up(f'robot:={blind}')

    assert code == 1
    assert 'cameras must be at least one' in lines[-1]
    assert not [line for line in lines if 'Traceback' in line]


def test_a_foreign_node_of_the_same_name_in_another_namespace_is_no_rival():
    context = rclpy.Context()
    rclpy.init(context=context)
    foreign = rclpy.create_node('only_here', context=context, namespace='/lab/other')
    try:
        assert '/lab/other/only_here' in nodes_on(current_domain())
        check_domain({'/only_here'})
        own = rclpy.create_node('only_here', context=context)
        with pytest.raises(UserError, match=r'^/only_here already running'):
            check_domain({'/only_here'})
        own.destroy_node()
    finally:
        foreign.destroy_node()
        rclpy.shutdown(context=context)
