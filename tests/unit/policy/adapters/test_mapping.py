"""A mapping file: pictures, state, actions, and what is refused."""

from types import SimpleNamespace

import numpy as np
import pytest
import yaml

from vla_core import geometry
from vla_core.errors import UserError
from vla_core.records.sensing import CameraModel, RgbdFrame
from vla_core.robot.config import load_robot
from vla_core.robot.model import RobotModel
from vla_policy.adapters.actions import BadActionsError, as_chunk, names_of
from vla_policy.adapters.mapping import load_mapping
from vla_policy.adapters.observations import as_given

MODEL = CameraModel('optical', 8, 4, 4.0, 4.0, 3.5, 1.5)
USUAL = {
    'images': [{'camera': 'scene', 'key': 'image', 'height': 8, 'width': 8}],
    'state': [{'key': 'state', 'parts': ['joints', 'gripper']}],
    'action': {'space': 'joints', 'rate': 10.0},
}


@pytest.fixture(scope='module')
def robot():
    return load_robot('ur5e')


@pytest.fixture
def mapping(tmp_path, robot):
    def load(**changes):
        given = {key: value for key, value in (USUAL | changes).items() if value is not None}
        path = tmp_path / 'mine.yaml'
        path.write_text(yaml.safe_dump(given))
        return load_mapping(str(path), robot)

    return load


@pytest.fixture
def seen(robot):
    image = np.zeros((4, 8, 3), np.uint8)
    image[:, :4] = 255  # the left half is white
    return SimpleNamespace(
        stamp=1.0, task_id='t', instruction='press it', joints=np.array(robot.home),
        joint_velocity=np.full(6, 0.1), gripper=0.02,
        base_from_tcp=RobotModel(robot).fk(np.array(robot.home)),
        frames={'scene': RgbdFrame('scene', 1.0, MODEL, image, np.ones((4, 8), np.float32))},
    )  # fmt: skip


def image_of(mapping, seen, robot, **changes):
    made = mapping(images=[USUAL['images'][0] | changes])
    return as_given(seen, made, robot)['image']


def test_a_picture_is_padded_cropped_or_stretched(mapping, seen, robot):
    padded = image_of(mapping, seen, robot, fit='pad')
    assert padded.shape == (8, 8, 3)
    assert not padded[:2].any()
    assert padded[2:6, :3].min() > 200
    cropped = image_of(mapping, seen, robot, fit='crop')
    assert cropped[0, 0, 0] > 200
    assert cropped[0, 7, 0] < 50
    stretched = image_of(mapping, seen, robot, fit='stretch', height=16, width=8)
    assert stretched.shape == (16, 8, 3)
    assert stretched[:, 0].min() > 200


def test_a_picture_is_turned_and_laid_out(mapping, seen, robot):
    turned = image_of(mapping, seen, robot, rotate=90, height=16, width=8, fit='stretch')
    assert turned[-1].min() > 200  # left is down
    assert turned[0].max() < 50
    made = image_of(mapping, seen, robot, layout='chw', values='float')
    assert made.shape == (3, 8, 8)
    assert made.dtype == np.float32
    assert made.max() == pytest.approx(1.0)


def test_state_comes_in_the_order_and_units_that_are_asked_for(mapping, seen, robot):
    made = mapping(
        state=[
            {'key': 'state', 'parts': ['gripper', 'joints'], 'degrees': True},
            {'key': 'tool', 'parts': ['position', 'quaternion_xyzw', 'rotation_vector',
                                      'rotation_6d', 'joint_velocities']},
        ],
        gripper={'closed': 1.0, 'open': 0.0},
    )  # fmt: skip
    given = as_given(seen, made, robot)
    assert given['state'][0] == pytest.approx(1.0 - 0.02 / robot.gripper.open_width)
    np.testing.assert_allclose(given['state'][1:], np.rad2deg(robot.home), rtol=1e-6)
    tool, rotation = given['tool'], seen.base_from_tcp[:3, :3]
    np.testing.assert_allclose(tool[:3], seen.base_from_tcp[:3, 3], rtol=1e-6)
    np.testing.assert_allclose(geometry.matrix_from_quat(tool[3:7]), rotation, atol=1e-6)
    np.testing.assert_allclose(geometry.exp_rotation(tool[7:10]), rotation, atol=1e-6)
    np.testing.assert_allclose(tool[10:13], rotation[:, 0], atol=1e-6)
    assert len(tool) == sum((3, 4, 3, 6, 6))
    assert given['prompt'] == 'press it'
    assert len(given['state']) == 7


JOINTS = np.full((3, 7), 0.1)


@pytest.mark.parametrize(
    ('changes', 'expected'),
    [
        ({}, [0.1, 0.1, 0.1]),
        ({'relative_to': 'observation'}, ['home', 0.1, 0.1]),
        ({'relative_to': 'previous'}, ['home', 0.1, 0.3]),
        ({'relative_to': 'rate'}, ['home', 0.01, 0.03]),
        ({'scale': [2.0] * 6 + [1.0]}, [0.2, 0.2, 0.2]),
        ({'degrees': True}, [np.deg2rad(0.1)] * 3),
    ],
)
def test_joint_actions_become_absolute(mapping, seen, robot, changes, expected):
    made = mapping(action={**USUAL['action'], **changes})
    values = as_chunk(JOINTS, seen, made, robot)
    first = robot.home if expected[0] == 'home' else np.zeros(6)
    if expected[0] == 'home':
        np.testing.assert_allclose(values[0, :6] - first, expected[1], atol=1e-12)
    np.testing.assert_allclose(values[-1, :6] - first, expected[2], atol=1e-12)
    assert names_of(made, robot) == (*robot.joint_names, 'gripper')
    np.testing.assert_allclose(values[:, 6], 0.1 * robot.gripper.open_width)


def test_the_columns_may_be_in_another_order(mapping, seen, robot):
    names = ['gripper', *reversed(robot.joint_names)]
    made = mapping(action={**USUAL['action'], 'columns': names})
    values = as_chunk(np.arange(7.0)[None] / 10.0, seen, made, robot)
    np.testing.assert_allclose(values[0, :6], [0.6, 0.5, 0.4, 0.3, 0.2, 0.1])
    assert values[0, 6] == 0.0


@pytest.mark.parametrize('relative', ['observation', 'previous', 'nothing'])
def test_tool_actions_become_poses(mapping, seen, robot, relative):
    made = mapping(action={'space': 'tool', 'rate': 10.0, 'relative_to': relative})
    rows = np.array([[0.01, 0.0, 0.0, 0.0, 0.0, 0.2, 1.0]] * 2)
    values = as_chunk(rows, seen, made, robot)
    if relative == 'nothing':
        np.testing.assert_allclose(values[:, :6], rows[:, :6])
        return
    times = 2 if relative == 'previous' else 1
    start = seen.base_from_tcp
    np.testing.assert_allclose(values[-1, :3], start[:3, 3] + [0.01 * times, 0.0, 0.0])
    turned = geometry.exp_rotation([0.0, 0.0, 0.2 * times]) @ start[:3, :3]
    np.testing.assert_allclose(geometry.exp_rotation(values[-1, 3:6]), turned, atol=1e-9)


@pytest.mark.parametrize(
    ('actions', 'words'),
    [
        (np.zeros((3, 6)), r'actions of shape \(3, 6\), the mapping has \(rows, 7\)'),
        (np.zeros((0, 7)), r'shape \(0, 7\)'),
        (np.zeros(7), r'shape \(7,\)'),
        (np.where(np.arange(21).reshape(3, 7) == 8, np.nan, 0.0),
         'action row 1, shoulder_lift_joint is nan'),
    ],
)  # fmt: skip
def test_actions_of_another_shape_or_not_finite_are_refused(mapping, seen, robot, actions, words):
    with pytest.raises(BadActionsError, match=words):
        as_chunk(actions, seen, mapping(), robot)


@pytest.mark.parametrize(
    ('changes', 'words'),
    [
        (
            {'images': [{'camera': 'front', 'key': 'i'}]},
            "no camera 'front'; ur5e has scene",
        ),
        ({'state': [{'key': 's', 'parts': ['joint']}]}, 'known: joints, joint_velocities'),
        ({'state': [{'key': 'image', 'parts': ['joints']}]}, "key 'image' is given twice"),
        ({'action': {'space': 'joint'}}, 'joints, tool'),
        (
            {'action': {'space': 'joints', 'columns': ['elbow']}},
            'unknown elbow; expected',
        ),
        (
            {'action': {'space': 'tool', 'columns': ['x', 'y', 'z']}},
            'missing rx; expected x',
        ),
        ({'action': {'space': 'joints', 'scale': [1.0]}}, '1 scales for 7 action columns'),
        ({'gripper': {'closed': 1.0, 'open': 1.0}}, 'closed and open are both 1.0'),
        ({'imges': []}, "unknown key 'imges'"),
    ],
)
def test_a_wrong_mapping_is_refused_by_name(mapping, changes, words):
    with pytest.raises(UserError, match=words):
        mapping(**changes)


def test_an_unknown_mapping_lists_the_known_ones(robot):
    with pytest.raises(UserError, match="no mapping 'dorid'; known: droid, or a file"):
        load_mapping('dorid', robot)


def test_the_shipped_mapping_fits_an_arm_with_seven_joints():
    made = load_mapping('droid', load_robot('fr3'))
    assert made.cameras == ('scene', 'wrist')
    assert made.action.step == pytest.approx(1 / 15)
