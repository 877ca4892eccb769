"""What makes ./vla set up again, and the environment it hands over."""

import sys
import time
from pathlib import Path

import pytest

from vla_bringup.checkout import logged_command, set_up, workspace


def test_a_path_with_a_space_is_refused_before_anything_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr(set_up, 'is_set_up', lambda: False)
    monkeypatch.setattr(set_up, 'ROOT', tmp_path / 'my robot' / 'vla')
    with pytest.raises(set_up.SetupError, match="my robot/vla' has a space in it; move"):
        set_up.set_up()
    assert not (tmp_path / 'my robot').exists()


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A checkout of one package with one message."""
    package = tmp_path / 'src' / 'vla_x'
    (package / 'msg').mkdir(parents=True)
    (package / 'package.xml').write_text('<package/>')
    (package / 'msg' / 'A.msg').write_text('bool a')
    monkeypatch.setattr(workspace, 'ROOT', tmp_path)
    monkeypatch.setattr(set_up, 'ROOT', tmp_path)
    log = tmp_path / 'log' / 'setup.log'
    monkeypatch.setattr(set_up, 'LOG', log)
    monkeypatch.setattr(logged_command, 'ROOT', tmp_path)
    monkeypatch.setattr(logged_command, 'LOG', log)
    return tmp_path


@pytest.mark.parametrize(
    'changed',
    ['src/vla_x/msg/A.msg', 'src/vla_x/setup.py', 'src/vla_y/package.xml', 'launch/a.yaml'],
)
def test_what_the_build_depends_on_makes_it_run_again(tree, changed):
    before = workspace.build_key('same')
    path = tree / changed
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('changed')
    assert workspace.build_key('same') != before


def test_a_changed_python_file_needs_no_build(tree):
    before = workspace.build_key('same')
    (tree / 'src' / 'vla_x' / 'logic.py').write_text('x = 1')
    assert workspace.build_key('same') == before


def test_another_environment_needs_a_build(tree):
    assert workspace.build_key('a') != workspace.build_key('b')


def test_paths_are_joined_once_each():
    assert workspace.joined('a:b', '', 'b', 'c') == 'a:b:c'


@pytest.mark.skipif(workspace.SYSTEM_ROS, reason='ROS 2 is installed on this system')
def test_another_ros_does_not_leak_in(monkeypatch):
    for name in ('AMENT_PREFIX_PATH', 'PYTHONPATH', 'LD_LIBRARY_PATH'):
        monkeypatch.setenv(name, '/opt/ros/humble')
    assert not [v for k, v in workspace.environment().items() if 'humble' in v and k != 'PATH']


def test_a_value_that_the_caller_chose_is_kept(monkeypatch):
    monkeypatch.setenv('OMP_NUM_THREADS', '3')
    assert workspace.environment()['OMP_NUM_THREADS'] == '3'


def test_a_failed_step_says_which_and_where_the_log_is(tree):
    with pytest.raises(set_up.SetupError, match=r'^step failed: an error came up .*setup\.log'):
        logged_command.run_logged(
            ['sh', '-c', 'echo an error came up; exit 3'], logged_command.ProgressStep('step'), {}
        )


def test_a_python_without_venv_or_headers_names_their_packages(tree, monkeypatch):
    monkeypatch.setattr(set_up.importlib.util, 'find_spec', lambda name: None)
    monkeypatch.setattr(set_up.sysconfig, 'get_paths', lambda: {'include': '/nowhere'})
    monkeypatch.setattr(set_up.os, 'geteuid', lambda: 1000)
    with pytest.raises(set_up.SetupError, match=r'apt-get install .*python3-venv python3-dev'):
        set_up.check_system()


def test_a_missing_library_without_root_names_the_command(tree, monkeypatch):
    monkeypatch.setattr(set_up, 'LIBRARIES', {'libghost.so.9': 'libghost9'})
    monkeypatch.setattr(set_up.os, 'geteuid', lambda: 1000)
    with pytest.raises(set_up.SetupError, match=r'sudo apt-get install .*libghost9'):
        set_up.check_system()


CHILD = """
import subprocess, sys
from pathlib import Path
child = subprocess.Popen(['sleep', '60'])
Path(sys.argv[1]).write_text(str(child.pid))
print('ready', flush=True)
child.wait()
"""


def test_an_interrupted_command_leaves_no_process(tree, tmp_path):
    class Interrupted(logged_command.ProgressStep):
        def show(self, what):
            raise KeyboardInterrupt

    kept = tmp_path / 'child'
    with pytest.raises(KeyboardInterrupt):
        logged_command.run_logged(
            [sys.executable, '-c', CHILD, str(kept)], Interrupted('step'), {}, 'ready'
        )
    end = time.monotonic() + 10.0
    while Path('/proc', kept.read_text()).exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not Path('/proc', kept.read_text()).exists()
