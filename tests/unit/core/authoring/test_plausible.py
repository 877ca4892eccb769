"""Plausible mistakes in a robot file, such as other units, are one line with what is meant."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from vla_core import geometry
from vla_core.authoring.problems import find_problems
from vla_core.robot.camera import BODY_FROM_OPTICAL
from vla_core.robot.config import load_robot
from vla_core.stack_root import stack_root

Change = dict[str, object]


def changed(tmp_path: Path, changes: Change, robot: str = 'fr3') -> Path:
    """A robot file with other values; keys are paths such as `arms.0.workspace`."""
    content = yaml.safe_load((stack_root() / f'config/robots/{robot}.yaml').read_text())
    for path, value in changes.items():
        *parents, last = [int(key) if key.isdigit() else key for key in path.split('.')]
        at = content
        for key in parents:
            at = at[key]
        at[last] = value
    file = tmp_path / 'robot.yaml'
    file.write_text(yaml.safe_dump(content))
    return file


def said(path: Path) -> list[str]:
    return [f'{problem.text}; {problem.change}' for problem in find_problems(path)]


BOX = {'name': 'wall', 'shape': 'box', 'size': [0.1, 0.1, 0.1], 'position': [1.0, 0.0, 1.5]}
OWN_BASE = {'base_frame': 'table'}

LEFT = '/left_arm_controller/joint_trajectory'
GRIP = '/left_gripper_controller/joint_trajectory'
ARM = '/arm_controller/joint_trajectory'
JOINT = 'arms.0.joints.0.'


@pytest.mark.parametrize(
    ('changes', 'words'),
    [
        (
            {'arms.0.workspace': [[50, -750, 0], [900, 750, 1000]]},
            ('arm arm: workspace has a corner at [900, 750, 1000] m', 'mm', '[0.9'),
        ),
        ({'arms.0.workspace': [[5, -75, 0], [90, 75, 100]]}, ('[90, 75, 100]', '[0.9, 0.75, 1]')),
        ({'arms.0.workspace': [[0, -4, 0], [4, 4, 4]]}, ('workspace of arm', 'in m, in base')),
        ({JOINT + 'acceleration': 573.0}, ('acceleration of fr3_joint1 is 573', 'that is 10')),
        ({JOINT + 'jerk': 14000.0}, ('jerk of fr3_joint1 is 14000', 'degrees', 'is 244.3')),
        ({JOINT + 'velocity': 150.0}, ('velocity of fr3_joint1 is 150', 'is 2.618')),
    ],
)  # fmt: skip
def test_a_value_in_another_unit_is_named_with_what_is_meant(changes, words, tmp_path):
    lines = said(changed(tmp_path, changes))
    assert any(all(word in line for word in words) for line in lines), lines


@pytest.mark.parametrize(
    ('robot', 'changes', 'words'),
    [
        ('two_arms', {'arms.1.command_topic': LEFT}, ('arm right', LEFT, 'arm left')),
        ('two_arms', {'grippers.1.command_topic': GRIP}, ('right_gripper', 'gripper left_')),
        ('two_arms', {'grippers.0.command_topic': LEFT}, ('gripper left_gripper', 'arm left')),
        ('fr3', {'joint_states_topic': ARM}, ('joint_states_topic is ' + ARM, 'of arm arm')),
        ('fr3', {'arms.0.command_topic': ''}, ('arm arm: command_topic is empty',)),
        ('fr3', {'joint_states_topic': ''}, ('joint_states_topic is empty',)),
        ('fr3', {'joint_states_topic': '/joint states'}, ('did you mean /joint_states?',)),
        ('fr3', {'grippers.0.command_topic': '/2f-85//go'}, ('did you mean /_2f_85/go?',)),
        ('fr3', {'cameras.0.topic': '/cam-1'}, ('camera scene: colour_topic', '/cam_1/color')),
        ('fr3', {'base_frame': 'fr3_link3'}, ('base_frame fr3_link3', 'fr3_joint3', 'base_link')),
    ],
)
def test_a_name_that_cannot_work_is_refused(robot, changes, words, tmp_path):
    lines = said(changed(tmp_path, changes, robot))
    assert len(lines) == 1
    assert all(word in lines[0] for word in words), lines


@pytest.mark.parametrize(
    ('robot', 'pair', 'words'),
    [
        ('fr3', ['fr3_link3', 'fr3_link3'], ('disabled_pairs has', 'with itself')),
        ('two_arms', ['left_fr3_link6', 'right_fr3_link6'], ('arms left and right', 'remove')),
        ('fr3', ['fr3_link0', 'fr3_link6'], ('[fr3_link0, fr3_link6]', 'mm', 'remove')),
    ],
)  # fmt: skip
def test_a_disabled_pair_that_must_be_checked_is_named(robot, pair, words, tmp_path):
    lines = said(changed(tmp_path, {'disabled_pairs.0': pair}, robot))
    assert any(all(word in line for word in words) for line in lines), lines


@pytest.mark.parametrize(
    ('changes', 'words'),
    [
        ({'mount': {'rpy': [0, 0, 90]}}, ('mount: rpy is [0, 0, 90]', 'degrees', '1.5708')),
        ({'obstacles': [{**BOX, 'rpy': [0, 45, 0]}]}, ('obstacles[0]: rpy is [0, 45, 0]',)),
        ({'urdf.frames': [{'name': 'x', 'parent': 'tcp', 'rpy': [180, 0, 0]}]}, ('rpy is [180,',)),
        ({**OWN_BASE, 'mount': {'rpy': [0, 0, 3.1]}}, ('tip of arm is at [-0.4', 'outside')),
        ({'arms.0.workspace': [[0.5, -0.3, 0], [0.6, 0.3, 0.8]]}, ('[0.5, -0.3, 0]', 'outside')),
    ],
)  # fmt: skip
def test_a_pose_that_cannot_be_meant_is_named(changes, words, tmp_path):
    lines = said(changed(tmp_path, changes))
    assert any(all(word in line for word in words) for line in lines), lines


POSE = load_robot('fr3').camera('scene').base_from_camera
X, Y, Z, W = geometry.quat_from_matrix(POSE[:3, :3]).tolist()
BODY = geometry.quat_from_matrix(POSE[:3, :3] @ BODY_FROM_OPTICAL.T).tolist()
SCENE = {
    'name': 'scene', 'kind': 'scene', 'topic': '/scene', 'frame': 'lens',
    'position': [1.25, 0.0, 0.85],
}  # fmt: skip
CARRIED = {'kind': 'wrist', 'parent': 'fr3_link7', 'rpy': [0, 0, 0]}


@pytest.mark.parametrize(
    ('camera', 'words'),
    [
        ({'quaternion': [W, X, Y, Z]}, ('sees 0%', f'quaternion: [{X:g}, {Y:g}, {Z:g}, {W:g}]')),
        ({'quaternion': BODY}, ('of the workspace on the table', 'did you mean axes: body?')),
        ({'look_at': [0.42, 0.0, 3.0]}, ('looks up', 'correct position or look_at')),
        ({'position': [1.25, 0.0, -0.85], 'look_at': [0.42, 0.0, 0.1]}, ('below the table',)),
        ({'position': [125, 0, 85], 'look_at': [0.42, 0, 0.1]}, ('cm', '[1.25, 0, 0.85]')),
        ({'look_at': [420, 0, 100]}, ('look_at is [420, 0, 100] m', 'mm', '[0.42, 0, 0.1]')),
        ({'position': [6.0, 0.0, 5.0], 'look_at': [0.42, 0.0, 0.1]}, ('m from the middle of',)),
        ({**CARRIED, 'position': [0, -6, 2]}, ('6.3 m from fr3_link7', 'in m, in parent')),
    ],
)
def test_a_camera_that_does_not_see_the_workspace_is_named(camera, words, tmp_path):
    lines = said(changed(tmp_path, {'cameras.0': {**SCENE, **camera}}))
    assert any(all(word in line for word in words) for line in lines), lines


@pytest.mark.parametrize(
    'camera', [{'quaternion': [X, Y, Z, W]}, {'quaternion': BODY, 'axes': 'body'}]
)
def test_a_camera_that_sees_the_workspace_is_no_problem(camera, tmp_path):
    assert said(changed(tmp_path, {'cameras.0': {**SCENE, **camera}})) == []
