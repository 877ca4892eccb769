"""The robots of config/robots: they load, their URDF agrees, what is wrong is named."""

import shutil
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
import yaml

from vla_core.errors import UserError
from vla_core.params import from_mapping
from vla_core.robot.config import RobotConfig, known_robots, load_robot
from vla_core.robot.description.urdf import finger_joints, urdf_text
from vla_core.stack_root import stack_root

ROBOTS = ('fr3', 'ur5e')


@pytest.fixture(params=ROBOTS)
def config(request):
    return load_robot(request.param)


def mapping(robot):
    return yaml.safe_load((stack_root() / f'config/robots/{robot}.yaml').read_text())


def test_both_robots_are_known():
    assert set(ROBOTS) <= set(known_robots())


def test_every_robot_file_is_named_as_its_robot():
    for name in known_robots():
        assert load_robot(name).name == name


def test_an_unknown_robot_lists_the_known_ones():
    with pytest.raises(UserError, match=r"no robot 'ur6'; known: fr3, .*ur5e"):
        load_robot('ur6')


def test_a_robot_is_loaded_from_any_file(tmp_path):
    shutil.copy(stack_root() / 'config/robots/fr3.yaml', tmp_path / 'mine.yaml')
    assert load_robot(tmp_path / 'mine.yaml') == load_robot('fr3')


def test_limits_are_those_of_the_urdf(config):
    joints = {
        j.get('name'): j.find('limit') for j in ET.fromstring(urdf_text(config)).iter('joint')
    }
    for column, key in (('lower', 'lower'), ('upper', 'upper'), ('velocity', 'velocity')):
        published = [float(joints[name].get(key)) for name in config.joint_names]
        np.testing.assert_allclose(getattr(config.limits, column), published, rtol=1e-12)


def test_the_gripper_opens_as_wide_as_its_fingers_go(config):
    joints = {j.get('name'): j for j in ET.fromstring(urdf_text(config)).iter('joint')}
    for name in finger_joints(config, config.gripper):
        limit = joints[name].find('limit')
        assert 2.0 * float(limit.get('upper')) == pytest.approx(config.gripper.open_width)
        assert 2.0 * float(limit.get('lower')) == pytest.approx(config.gripper.closed_width)
    assert joints['gripper_right_finger_joint'].find('mimic').get('joint') == config.gripper.joint


def test_there_is_a_scene_and_a_wrist_camera_and_the_wrist_one_is_a_link(config):
    assert {camera.kind for camera in config.cameras} == {'scene', 'wrist'}
    links = {link.get('name') for link in ET.fromstring(urdf_text(config)).iter('link')}
    assert config.camera('wrist').frame in links
    with pytest.raises(UserError, match='has no camera'):
        config.camera('rear')


def test_the_scene_camera_sees_the_work_space(config):
    camera = config.camera('scene')
    corners = np.array([[x, y, 0.0, 1.0] for x in (0.3, 0.6) for y in (-0.3, 0.3)])
    seen, model = (np.linalg.inv(camera.base_from_camera) @ corners.T)[:3], camera.model
    pixels = [[model.fx], [model.fy]] * seen[:2] / seen[2] + [[model.cx], [model.cy]]
    assert np.all(seen[2] > 0.0)
    assert np.all((pixels >= 0.0) & (pixels <= [[camera.width], [camera.height]]))


def test_a_wrist_camera_has_no_fixed_place(config):
    with pytest.raises(UserError, match='moves'):
        _ = config.camera('wrist').base_from_camera


GRIPPER = {
    'joint': 'gripper_left_finger_joint',
    'command_topic': '/grip',
    'opening_map': [[0.0, 0.0], [0.04, 0.08]],
}


@pytest.mark.parametrize(
    ('change', 'word'),
    [
        ({'arms': []}, 'at least one'),
        ({'grippers': [GRIPPER, GRIPPER]}, 'gripper is given twice'),
        ({'grippers': [{**GRIPPER, 'arm': 'left'}]}, "on arm .'left'.; known: arm"),
        ({'colour': 'red'}, "unknown key 'colour'"),
        ({'urdf': {}}, "key 'file' is missing"),
    ],
)
def test_a_wrong_robot_is_refused(change, word):
    with pytest.raises(UserError, match=word):
        from_mapping(RobotConfig, {**mapping('fr3'), **change}, 'here')


@pytest.mark.parametrize(
    ('key', 'value', 'word'),
    [
        ('home', 9.0, 'home of fr3_joint1'),
        ('home', float('nan'), 'home is nan'),
        ('jerk', 0.0, 'jerk is 0.0'),
        ('velocity', -1.0, 'velocity is -1.0'),
    ],
)
def test_a_wrong_joint_is_refused(key, value, word):
    wrong = mapping('fr3')
    wrong['arms'][0]['joints'][0][key] = value
    with pytest.raises(UserError, match=word):
        from_mapping(RobotConfig, wrong, 'here')


@pytest.mark.parametrize('missing', ['position', 'look_at'])
def test_a_scene_camera_needs_its_place(missing):
    wrong = mapping('fr3')
    del wrong['cameras'][0][missing]
    with pytest.raises(UserError, match='camera scene'):
        from_mapping(RobotConfig, wrong, 'here')


@pytest.mark.parametrize('extra', ['position', 'look_at'])
def test_a_wrist_camera_has_no_place(extra):
    wrong = mapping('fr3')
    wrong['cameras'][1][extra] = [0.0, 0.0, 1.0]
    with pytest.raises(UserError, match='camera wrist'):
        from_mapping(RobotConfig, wrong, 'here')


def test_a_missing_urdf_is_named():
    config = from_mapping(
        RobotConfig, {**mapping('fr3'), 'urdf': {'file': 'urdf/x.xacro'}}, 'here'
    )
    with pytest.raises(UserError, match=r'fr3: no file .*x\.xacro'):
        urdf_text(config)


def test_an_arm_that_does_not_expand_is_named():
    urdf = {'file': 'urdf/robot.urdf.xacro', 'args': {'arm': 'ur6'}}
    config = from_mapping(RobotConfig, {**mapping('fr3'), 'urdf': urdf}, 'here')
    with pytest.raises(UserError, match='xacro cannot expand it'):
        urdf_text(config)


def test_a_changed_urdf_is_expanded_again(tmp_path, monkeypatch):
    for folder in ('urdf', 'config'):
        shutil.copytree(stack_root() / folder, tmp_path / folder)
    monkeypatch.setenv('VLA_ROOT', str(tmp_path))
    before = urdf_text(load_robot('ur5e'))
    path = tmp_path / 'urdf/ur5e.urdf.xacro'
    path.write_text(path.read_text().replace('0.1625', '0.2625'))
    assert '0.2625' in urdf_text(load_robot('ur5e'))
    assert '0.2625' not in before


def test_an_override_that_is_no_stack_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv('VLA_ROOT', str(tmp_path))
    with pytest.raises(UserError, match='VLA_ROOT'):
        stack_root()


def test_an_installed_workspace_is_found(tmp_path, monkeypatch):
    share = tmp_path / 'share/vla_bringup'
    for folder in ('config/robots', 'urdf'):
        (share / folder).mkdir(parents=True)
    module = tmp_path / 'lib/vla_core/stack_root.py'
    monkeypatch.delenv('VLA_ROOT', raising=False)
    monkeypatch.setenv('AMENT_PREFIX_PATH', f'/nowhere:{tmp_path}')
    monkeypatch.setattr('vla_core.stack_root.__file__', str(module))
    assert stack_root() == share
    monkeypatch.delenv('AMENT_PREFIX_PATH')
    with pytest.raises(UserError, match='set VLA_ROOT'):
        stack_root()


@pytest.mark.parametrize('name', ['../evil', '', 'a b', '.hidden', 'a/b'])
def test_a_name_is_one_that_a_folder_can_have(name):
    with pytest.raises(ValueError, match='it names files'):
        replace(load_robot('ur5e'), name=name)
