"""Pads, opening map and tip of a gripper are measured on its shapes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vla_core.authoring.chain import find_arms
from vla_core.authoring.grasp import measure
from vla_core.errors import UserError
from vla_core.robot.description.urdf import described
from vla_core.robot.description.urdf_config import UrdfConfig

DATA = Path(__file__).parents[3] / 'data/robots'


def measured(urdf: UrdfConfig):
    description = described(urdf)
    return measure(description, find_arms(description)[0].gripper, urdf.pieces)


def test_our_gripper_is_measured_as_its_robot_file_says():
    draft = measured(UrdfConfig('urdf/robot.urdf.xacro', {'arm': 'fr3'}))
    assert draft.opening_map == ((0.0, 0.0), (0.04, 0.08))
    assert set(draft.pads) == {'gripper_left_finger', 'gripper_right_finger'}
    tip = draft.base_from_tip
    np.testing.assert_allclose(tip[:3, 3], [0.0, 0.0, 0.142], atol=1e-4)  # tcp of the xacro
    np.testing.assert_allclose(tip[:3, 2], [0.0, 0.0, 1.0], atol=1e-6)
    np.testing.assert_allclose(np.abs(tip[:3, 1]), [0.0, 1.0, 0.0], atol=1e-6)


def test_a_jaw_that_turns_opens_along_a_curve():
    draft = measured(UrdfConfig(str(DATA / 'jaw_arm.urdf')))
    assert draft.is_jaw
    assert set(draft.pads) == {'moving_jaw', 'hand'}  # the flap that follows it is no pad
    joints, widths = np.array(draft.opening_map).T
    assert len(joints) > 3
    assert np.all(np.diff(joints) < 0.0)
    assert np.all(np.diff(widths) > 0.0)
    # 20 mm of the jaw before its end, 60 to 77 mm from the hinge: the gap is that of its lower end
    at_zero = np.interp(0.0, joints[::-1], widths[::-1])
    assert at_zero == pytest.approx(0.04, abs=1e-3)  # between -0.02 and 0.02 across


def test_the_tip_of_a_jaw_is_beside_the_pad_that_stands():
    tip = measured(UrdfConfig(str(DATA / 'jaw_arm.urdf'))).base_from_tip
    assert tip[1, 3] == pytest.approx(-0.02 + 0.023, abs=1e-3)
    np.testing.assert_allclose(tip[:3, 2], [0.0, 0.0, 1.0], atol=1e-6)


def test_fingers_that_do_not_close_are_refused(tmp_path):
    text = (
        (DATA / 'jaw_arm.urdf')
        .read_text()
        .replace('lower="-1.0" upper="0.4"', 'lower="-1.0" upper="-0.9"')
    )
    path = tmp_path / 'open.urdf'
    path.write_text(text)
    with pytest.raises(UserError, match='gripper joint jaw: no two of its links close'):
        measured(replace(UrdfConfig(str(path)), pieces=1))
