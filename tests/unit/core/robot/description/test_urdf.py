"""A description is assembled: packages, attachments, frames, fixed joints, mimics."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pinocchio as pin
import pytest

from vla_core.errors import UserError
from vla_core.robot.description import urdf_tree as tree
from vla_core.robot.description.packages import find_file, find_package
from vla_core.robot.description.urdf import described, mimic_joints
from vla_core.robot.description.urdf_config import (
    AttachmentConfig,
    CapsuleConfig,
    FrameConfig,
    MimicConfig,
    UrdfConfig,
)

DATA = Path(__file__).parents[4] / 'data/robots'
JAW_ARM = UrdfConfig(str(DATA / 'jaw_arm.urdf'))
ROLL = (('roll', -3.0, 3.0, 2.0),)  # bounds of the continuous joint


def model_of(urdf: UrdfConfig, bounds=ROLL, locked=()):
    return pin.buildModelFromXML(described(urdf, bounds, locked).text)


def test_a_continuous_joint_is_bounded_by_the_robot_file():
    model = model_of(JAW_ARM)
    assert model.nq == model.nv == 6
    k = model.getJointId('roll')
    assert model.lowerPositionLimit[model.joints[k].idx_q] == -3.0


@pytest.mark.parametrize(
    ('joint', 'position', 'link'),
    [('lift', 0.3, 'beam'), ('turn', 0.7, 'beam'), ('jaw', -0.5, 'flap')],
)
def test_a_fixed_joint_stands_where_the_file_says(joint, position, link):
    free, fixed = model_of(JAW_ARM), model_of(JAW_ARM, locked=((joint, position),))
    assert not fixed.existJointName(joint)
    q = pin.neutral(free)
    q[free.joints[free.getJointId(joint)].idx_q] = position
    if joint == 'jaw':  # the flap follows it, fixed as well
        assert not fixed.existJointName('flap_joint')
        q[free.joints[free.getJointId('flap_joint')].idx_q] = -0.5 * position + 0.2
    places = []
    for model, at in ((free, q), (fixed, pin.neutral(fixed))):
        data = model.createData()
        pin.framesForwardKinematics(model, data, at)
        places.append(data.oMf[model.getFrameId(link)].homogeneous)
    np.testing.assert_allclose(places[0], places[1], atol=1e-9)


def test_a_joint_to_fix_that_is_not_there_is_named():
    with pytest.raises(UserError, match=r"fixed_joints names 'lamp'; the URDF has turn, lift"):
        described(JAW_ARM, (), (('lamp', 0.0),))


def test_followers_of_followers_are_followers(tmp_path):
    urdf = replace(JAW_ARM, mimics=(MimicConfig('lamp_joint', 'flap_joint', 2.0, 0.1),))
    found = {m.name: (m.multiplier, m.offset) for m in mimic_joints(described(urdf).text, 'jaw')}
    assert found == {'flap_joint': (-0.5, 0.2), 'lamp_joint': (-1.0, 0.5)}


def test_an_attached_robot_hangs_on_its_link_with_its_prefix():
    part = AttachmentConfig(
        'urdf/gripper.urdf.xacro', 'beam', prefix='b_', position=(0.1, 0.0, 0.2)
    )
    description = described(replace(JAW_ARM, attach=(part,)), ROLL)
    model = pin.buildModelFromXML(description.text)
    assert 'b_gripper_left_finger_joint' in description.joints
    assert [m.name for m in mimic_joints(description.text, 'b_gripper_left_finger_joint')] == [
        'b_gripper_right_finger_joint'
    ]
    data = model.createData()
    pin.framesForwardKinematics(model, data, pin.neutral(model))
    beam, mount = (data.oMf[model.getFrameId(n)] for n in ('beam', 'b_gripper_mount'))
    np.testing.assert_allclose((beam.inverse() * mount).translation, [0.1, 0.0, 0.2], atol=1e-9)


def test_two_parts_of_the_same_names_need_a_prefix():
    part = AttachmentConfig(str(DATA / 'jaw_arm.urdf'), 'beam')
    with pytest.raises(UserError, match='are given twice: set a prefix'):
        described(replace(JAW_ARM, attach=(part,)))


def test_a_frame_is_added_where_it_is_said():
    frame = FrameConfig('tool', 'hand', (0.0, 0.0, 0.13), (0.0, 0.0, 1.5))
    model = model_of(replace(JAW_ARM, frames=(frame,)))
    placement = model.frames[model.getFrameId('hand')].placement.inverse() * (
        model.frames[model.getFrameId('tool')].placement
    )
    np.testing.assert_allclose(placement.translation, [0.0, 0.0, 0.13], atol=1e-12)
    with pytest.raises(UserError, match="frame tool: no link 'wrist'"):
        described(replace(JAW_ARM, frames=(replace(frame, parent='wrist'),)))


def test_capsules_replace_the_shapes_of_their_link():
    capsule = CapsuleConfig('beam', 0.03, (0.05, 0.0, 0.0), (0.45, 0.0, 0.0))
    root = ET.fromstring(described(replace(JAW_ARM, capsules=(capsule,))).text)
    beam = next(link for link in root.iter('link') if link.get('name') == 'beam')
    (shape,) = beam.findall('collision')
    assert shape.find('geometry/cylinder') is not None
    placed = tree.origin_of(shape)
    np.testing.assert_allclose(placed[:3, 3], [0.25, 0.0, 0.0], atol=1e-9)
    np.testing.assert_allclose(np.abs(placed[:3, 2]), [1.0, 0.0, 0.0], atol=1e-9)


def test_a_prefix_that_no_one_declared_does_not_matter(tmp_path):
    path = tmp_path / 'drake.urdf'
    path.write_text(
        '<robot name="r"><link name="a"/><link name="b"/><joint name="j" type="revolute">'
        '<parent link="a"/><child link="b"/><limit drake:acceleration="2" lower="-1" upper="1" '
        'velocity="1" effort="1"/></joint><drake:group><drake:member link="a"/></drake:group>'
        '</robot>'
    )
    assert described(UrdfConfig(str(path))).joints == ('j',)


def test_what_is_not_a_urdf_is_said(tmp_path):
    path = tmp_path / 'robot.xml'
    path.write_text('<mujoco/>')
    with pytest.raises(UserError, match='<mujoco>, not <robot>'):
        described(UrdfConfig(str(path)))


def test_a_floating_joint_is_named_with_the_line_to_add(tmp_path):
    path = tmp_path / 'float.urdf'
    path.write_text(
        '<robot name="r"><link name="a"/><link name="b"/><joint name="free" type="floating">'
        '<parent link="a"/><child link="b"/></joint></robot>'
    )
    with pytest.raises(UserError, match=r'joint free is floating: add free: 0\.0 to fixed_joints'):
        described(UrdfConfig(str(path)))


def test_rpy_is_the_inverse_of_a_rotation():
    rng = np.random.default_rng(0)
    for rpy in (*rng.uniform(-1.5, 1.5, (20, 3)), np.array([0.3, np.pi / 2, 0.2])):
        rotation = tree.geometry.rotation_rpy(rpy)
        np.testing.assert_allclose(
            tree.geometry.rotation_rpy(tree.rpy_of(rotation)), rotation, atol=1e-7
        )


def test_packages_are_found_in_workspaces_folders_and_above(tmp_path, monkeypatch):
    share = tmp_path / 'ws/share/my_arm/urdf'
    share.mkdir(parents=True)
    (share / 'arm.urdf').write_text('<robot/>')
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path / 'ws'))
    assert find_file('package://my_arm/urdf/arm.urdf') == share / 'arm.urdf'
    monkeypatch.delenv('AMENT_PREFIX_PATH')
    assert find_package('my_arm', package_dirs=(str(tmp_path / 'ws/share'),)) == share.parent
    assert find_package('my-arm', near=share) == share.parent  # spelled with a hyphen
    with pytest.raises(UserError, match="no package 'my_arm': source its workspace"):
        find_package('my_arm')


def test_a_relative_path_starts_at_the_file_that_names_it(tmp_path):
    (tmp_path / 'mesh.stl').write_text('')
    assert find_file('mesh.stl', tmp_path) == tmp_path / 'mesh.stl'
    assert find_file('urdf/shapes.xacro', tmp_path).name == 'shapes.xacro'  # of the stack
    with pytest.raises(UserError, match=r'no file other\.stl; searched'):
        find_file('other.stl', tmp_path)
