"""A variable that cannot work is named in one line before anything starts."""

import pytest

from vla_bringup.checkout import variables
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
