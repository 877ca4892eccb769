"""Circles in a URDF, of links or of mimic joints, are one line that names them."""

import pytest

from vla_core.errors import UserError
from vla_core.robot.description.urdf import described
from vla_core.robot.description.urdf_config import UrdfConfig

JOINT = (
    '<joint name="{0}" type="revolute"><parent link="{1}"/><child link="{2}"/>'
    '<axis xyz="0 0 1"/><limit lower="-1" upper="1" velocity="1" effort="1"/>{3}</joint>'
)


def urdf(folder, *joints):
    links = dict.fromkeys(name for joint in joints for name in joint[1:3])
    path = folder / 'arm.urdf'
    body = ''.join([f'<link name="{n}"/>' for n in links] + [JOINT.format(*j) for j in joints])
    path.write_text(f'<robot name="arm">{body}</robot>')
    return UrdfConfig(str(path))


def test_links_in_a_loop_are_named(tmp_path):
    loop = urdf(tmp_path, ('j', 'a', 'b', ''), ('k', 'b', 'a', ''))
    with pytest.raises(UserError, match='links a - b - a are in a loop; remove a joint'):
        described(loop)


def test_a_urdf_without_links_is_named(tmp_path):
    with pytest.raises(UserError, match='there is no link'):
        described(urdf(tmp_path))


def test_joints_that_mimic_each_other_are_named(tmp_path):
    j, k = '<mimic joint="k"/>', '<mimic joint="j"/>'
    with pytest.raises(UserError, match='joint j mimics k mimics j: one of them must have no'):
        described(urdf(tmp_path, ('j', 'a', 'b', j), ('k', 'b', 'c', k)))


def test_a_joint_that_mimics_itself_is_named(tmp_path):
    with pytest.raises(UserError, match='joint j mimics j'):
        described(urdf(tmp_path, ('j', 'a', 'b', '<mimic joint="j"/>')))
