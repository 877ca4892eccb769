"""Each mistake in a robot file is one line that names it and what to change."""

from __future__ import annotations

from pathlib import Path

import pytest

from vla_core.authoring.problems import find_problems
from vla_core.stack_root import stack_root

MAP = 'opening_map: [[0.0, 0.0], [0.04, 0.08]]'
MISTAKES = {
    'map inverted': (
        MAP, 'opening_map: [[0.04, 0.0], [0.0, 0.08]]', 'set opening_map: [[0, 0], [0.04, 0.08]]',
    ),
    'map in half-widths': (
        MAP, 'opening_map: [[0.0, 0.0], [0.04, 0.04]]', 'set opening_map: [[0, 0], [0.04, 0.08]]',
    ),
    'tip at the flange': (
        'tip_frame: tcp', 'tip_frame: gripper_base', 'cm from the middle between the pads',
    ),
    'tip turned': (
        'tip_frame: tcp', 'tip_frame: wrist_camera_optical_frame', 'degrees from the direction',
    ),
    'pair forgotten': (
        '  - [upper_arm_link, forearm_link]\n', '', 'add [upper_arm_link, forearm_link] to',
    ),
    'limit beyond the URDF': (
        'lower: -3.141592653589793', 'lower: -4.0', 'exceed those of the URDF',
    ),
    'too fast': ('velocity: 3.141592653589793', 'velocity: 5.0', 'set velocity: 3.14159'),
    'home in the table': ('home: -1.717204', 'home: -0.2', 'give another home'),
    'no such joint': ('joint: gripper_left_finger_joint', 'joint: finger', "no joint 'finger'"),
}  # fmt: skip


def planted(tmp_path: Path, line: str, mistake: str) -> Path:
    text = (stack_root() / 'config/robots/ur5e.yaml').read_text()
    assert line in text
    path = tmp_path / 'robot.yaml'
    path.write_text(text.replace(line, mistake))
    return path


@pytest.mark.parametrize('name', MISTAKES)
def test_a_mistake_is_named_with_what_to_change(name, tmp_path):
    line, mistake, said = MISTAKES[name]
    found = find_problems(planted(tmp_path, line, mistake))
    assert any(said in f'{p.text}; {p.change}' for p in found), found


@pytest.mark.parametrize('robot', ['ur5e', 'fr3'])
def test_a_robot_of_ours_has_no_problem(robot):
    assert find_problems(robot) == []


def test_a_missing_file_is_one_problem(tmp_path):
    (problem,) = find_problems(planted(tmp_path, 'urdf/robot.urdf.xacro', 'urdf/nothing.xacro'))
    assert 'no file urdf/nothing.xacro' in problem.text
