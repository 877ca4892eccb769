"""Arms and grippers are found by the joints of a description."""

from __future__ import annotations

from pathlib import Path

import pytest

from vla_core.authoring.chain import find_arms, movable
from vla_core.errors import UserError
from vla_core.robot.config import load_robot
from vla_core.robot.description.urdf import described
from vla_core.robot.description.urdf_config import UrdfConfig

DATA = Path(__file__).parents[3] / 'data/robots'
JAW_ARM = UrdfConfig(str(DATA / 'jaw_arm.urdf'))


def test_chain_gripper_and_followers_are_found():
    (arm,) = find_arms(described(JAW_ARM))
    assert [joint.name for joint in arm.joints] == ['turn', 'lift', 'roll']
    assert arm.gripper is not None
    assert arm.gripper.driver.name == 'jaw'
    assert [joint.name for joint in arm.gripper.followers] == ['flap_joint']
    assert arm.last_link == 'hand'


def test_a_joint_that_is_named_drives_a_gripper():
    description = described(JAW_ARM)
    found = {
        arm.gripper.driver.name for arm in find_arms(description, 'lamp_joint') if arm.gripper
    }
    assert found == {'jaw', 'lamp_joint'}


def test_a_continuous_joint_gets_a_turn_each_way():
    roll = movable(described(JAW_ARM))['roll']
    assert (roll.kind, roll.lower, roll.upper) == (
        'continuous', pytest.approx(-6.283185), pytest.approx(6.283185),
    )  # fmt: skip


def test_a_parallel_gripper_is_found_on_our_own_arms():
    (arm,) = find_arms(described(UrdfConfig('urdf/robot.urdf.xacro', {'arm': 'ur5e'})))
    assert len(arm.joints) == 6
    assert arm.gripper is not None
    assert arm.gripper.driver.name == 'gripper_left_finger_joint'


def test_both_arms_of_a_cell_are_found():
    arms = find_arms(described(load_robot('two_arms').urdf))
    assert [len(arm.joints) for arm in arms] == [7, 7]
    assert len({arm.gripper.driver.name for arm in arms if arm.gripper}) == 2


def test_two_sliding_fingers_without_mimic_are_a_pair(tmp_path):
    path = tmp_path / 'pair.urdf'
    finger = (
        '<joint name="{n}" type="prismatic"><parent link="palm"/><child link="{n}_link"/>'
        '<axis xyz="0 1 0"/><limit lower="{lo}" upper="{hi}" velocity="1" effort="1"/></joint>'
        '<link name="{n}_link"/>'
    )
    path.write_text(
        '<robot name="r"><link name="base"/><link name="palm"/>'
        '<joint name="j1" type="revolute"><parent link="base"/><child link="palm"/>'
        '<limit lower="-1" upper="1" velocity="1" effort="1"/></joint>'
        + finger.format(n='left', lo=0, hi=0.05) + finger.format(n='right', lo=-0.05, hi=0)
        + '</robot>'
    )  # fmt: skip
    (arm,) = find_arms(described(UrdfConfig(str(path))))
    assert arm.gripper is not None
    assert {arm.gripper.driver.name, arm.gripper.pair} == {'left', 'right'}
    assert arm.gripper.sign == -1.0


def test_a_description_that_does_not_move_is_refused(tmp_path):
    path = tmp_path / 'stone.urdf'
    path.write_text('<robot name="r"><link name="base"/></robot>')
    with pytest.raises(UserError, match='no movable joint'):
        find_arms(described(UrdfConfig(str(path))))
