"""A variable that cannot work is named in one line before anything starts."""

from pathlib import Path

import pytest

from vla_bringup.checkout import variables, workspace
from vla_bringup.checkout.workspace import environment
from vla_core.errors import UserError


@pytest.mark.parametrize('value', ['', 'abc', '233', '-1'])
def test_a_domain_that_is_none_is_named(monkeypatch, value):
    monkeypatch.setenv('ROS_DOMAIN_ID', value)
    with pytest.raises(UserError, match='ROS_DOMAIN_ID is'):
        variables.check_variables()


def test_a_middleware_that_is_not_installed_is_named_with_those_that_are(tmp_path, monkeypatch):
    lib = tmp_path / 'lib'
    lib.mkdir()
    for name in ('rmw', 'rmw_good_cpp', 'rmw_good_shared_cpp', 'rmw_x__typesupport_cpp'):
        (lib / f'lib{name}.so').touch()
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path))
    monkeypatch.setenv('ROS_DOMAIN_ID', '0')
    monkeypatch.setenv('RMW_IMPLEMENTATION', 'rmw_good_cpp')
    variables.check_variables()
    monkeypatch.setenv('RMW_IMPLEMENTATION', 'rmw_bad')
    assert variables.middleware_fault().endswith('not installed; installed: rmw_good_cpp')


def test_a_renderer_that_mujoco_does_not_know_is_named(monkeypatch):
    monkeypatch.setenv('MUJOCO_GL', 'nonsense')
    assert "MUJOCO_GL is 'nonsense'" in variables.rendering_fault()
    monkeypatch.setenv('MUJOCO_GL', 'egl')
    assert variables.rendering_fault() == ''


@pytest.mark.parametrize('home', [None, '/proc/nowhere'])
def test_without_a_home_ros_logs_into_the_checkout(monkeypatch, home):
    if home is None:
        monkeypatch.delenv('HOME')
    else:
        monkeypatch.setenv('HOME', home)
    assert environment()['ROS_LOG_DIR'].endswith('log/ros')


def test_with_a_home_ros_logs_where_it_always_does(monkeypatch, tmp_path):
    monkeypatch.setenv('HOME', str(tmp_path))
    assert 'ROS_LOG_DIR' not in environment()


@pytest.mark.parametrize(
    ('name', 'value', 'said'),
    [
        ('ROS_DOMAIN_ID', '\u0663', 'a number from 0 to 232'),  # a digit, but not one of ROS
        ('ROS_DOMAIN_ID', '9' * 5000, 'a number from 0 to 232'),
        ('ROS_AUTOMATIC_DISCOVERY_RANGE', 'nonsense', 'one of SUBNET, LOCALHOST, OFF'),
        ('ROS_LOCALHOST_ONLY', 'maybe', 'one of 0, 1'),
        ('ROS_STATIC_PEERS', 'host;not a host', "has 'not a host'"),
        ('ROS_SECURITY_ENABLE', 'true', 'ROS_SECURITY_KEYSTORE is'),
        ('ROS_LOG_DIR', '/proc/x', 'which cannot be created'),
        ('ROS_HOME', '/proc/x', 'which cannot be created'),
        ('RCUTILS_LOGGING_USE_STDOUT', 'maybe', 'one of 0, 1'),
        ('FASTDDS_DEFAULT_PROFILES_FILE', '/nowhere.xml', 'which is no file'),
        ('FASTRTPS_DEFAULT_PROFILES_FILE', '/tmp', 'which is no file'),
        ('MUJOCO_GL', 'glfw', 'no DISPLAY is set'),
        ('MUJOCO_GL', 'on', 'no DISPLAY is set'),
        ('PYOPENGL_PLATFORM', 'x', 'unset it'),
        ('OMP_NUM_THREADS', 'abc', 'from 1 to 1024'),
        ('OMP_NUM_THREADS', '0', 'from 1 to 1024'),
        ('NUMBA_NUM_THREADS', '-1', 'from 1 to 1024'),
    ],
)
def test_every_variable_that_cannot_work_is_named(name, value, said, monkeypatch):
    for other in (*variables.CHECKS, 'DISPLAY', 'WAYLAND_DISPLAY', 'ROS_HOME'):
        monkeypatch.delenv(other, raising=False)
    variables.check_variables()
    monkeypatch.setenv(name, value)
    with pytest.raises(UserError) as error:
        variables.check_variables()
    assert str(error.value).startswith(name)
    assert said in str(error.value)
    assert len(str(error.value)) < 250


def test_a_renderer_without_its_library_is_named(monkeypatch):
    monkeypatch.setenv('MUJOCO_GL', 'osmesa')
    monkeypatch.setattr(variables, 'is_loadable', lambda library: False)
    assert 'libOSMesa.so.8 is not installed' in variables.rendering_fault()


def test_nothing_of_the_caller_changes_how_python_starts(monkeypatch):
    monkeypatch.setenv('PYTHONHOME', '/nowhere')
    monkeypatch.setenv('PYTHONWARNINGS', 'error')
    monkeypatch.setenv('PYTHONUNBUFFERED', '1')
    made = environment()
    assert (made['PYTHONHOME'], made['PYTHONWARNINGS']) == ('', '')
    assert (made['PYTHONUNBUFFERED'], made['PYTHONUTF8']) == ('1', '1')
    assert 'vla_core' in made['PYTHONPATH']


def test_an_empty_value_is_none(monkeypatch):
    monkeypatch.setenv('MUJOCO_GL', '')
    assert environment()['MUJOCO_GL'] == 'egl'


def test_the_path_may_be_unset(monkeypatch):
    monkeypatch.delenv('PATH')
    assert environment()['PATH'].endswith('/usr/bin')


def test_a_checkout_that_cannot_be_written_has_its_caches_elsewhere(monkeypatch, tmp_path):
    monkeypatch.setenv('HOME', '/proc/nowhere')
    monkeypatch.setattr(workspace, 'ROOT', Path('/proc'))
    monkeypatch.setattr(workspace.tempfile, 'tempdir', str(tmp_path))
    found = workspace.folders_of_libraries()
    assert found.keys() == {'ROS_LOG_DIR', 'NUMBA_CACHE_DIR'}
    assert all(Path(folder).parent == tmp_path for folder in found.values())
