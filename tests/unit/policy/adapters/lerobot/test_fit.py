"""A mapping that does not fit a saved policy is refused with both shapes."""

import pytest

from vla_core.errors import UserError
from vla_core.robot.config import load_robot
from vla_policy.adapters.lerobot.fit import SIZES, fitted, size_of
from vla_policy.adapters.lerobot.saved import read_saved
from vla_policy.adapters.mapping import STATE_PARTS, load_mapping

TOP = {'camera': 'scene', 'key': 'observation.images.top', 'height': 96, 'width': 128}
WRIST = {'camera': 'wrist', 'key': 'observation.images.wrist', 'height': 96, 'width': 128}


@pytest.fixture
def fit(saved, mapping_file):
    def of(config=None, robot='ur5e', **changes):
        arm, policy = load_robot(robot), read_saved(saved(**(config or {})))
        return fitted(load_mapping(mapping_file(**changes), arm), policy, arm)

    return of


def test_one_that_fits_gets_its_rows(fit):
    assert fit().action.rows == 16


def test_it_may_use_fewer(fit):
    assert fit(action={'space': 'joints', 'rows': 5}).action.rows == 5


@pytest.mark.parametrize(
    ('changes', 'words'),
    [
        ({'images': [TOP]}, r'it needs observation.images.wrist \(3, 96, 128\); given: obs'),
        ({'images': [TOP, WRIST, {**TOP, 'key': 'observation.images.left'}]},
         "it has no input 'observation.images.left'; it has observation.images.wrist"),
        ({'images': [TOP, {**WRIST, 'width': 96}]},
         r'images.wrist has shape \(3, 96, 128\) .*, the mapping \(3, 96, 96\)'),
        ({'images': [TOP, {**WRIST, 'values': 'float'}]},
         'given as hwc and float; it must be hwc'),
        ({'images': [TOP], 'state': [{'key': WRIST['key'], 'parts': ['joints']},
                                     {'key': 'observation.state', 'parts': ['joints']}]},
         'observation.images.wrist is a picture there'),
        ({'state': [{'key': 'observation.state', 'parts': ['joints']}]},
         r'observation.state has shape \(7,\), the mapping \(6,\): joints'),
        ({'action': {'space': 'joints', 'rows': 17}}, 'gives 16 rows, the mapping uses 17'),
        ({'action': {'space': 'joints', 'key': 'action'}}, "'action'; it must be 'actions'"),
        ({'instruction': 'prompt'}, "'prompt'; it must be 'task', or empty"),
    ],
)  # fmt: skip
def test_another_one_is_refused(fit, changes, words):
    with pytest.raises(UserError, match=words):
        fit(**changes)


def test_actions_of_another_arm_are_refused_with_both_shapes(fit):
    state = [{'key': 'observation.state', 'parts': ['joints']}]
    with pytest.raises(UserError, match=r'shape \(rows, 7\), the mapping \(rows, 8\): fr3_joint1'):
        fit(robot='fr3', state=state)


def test_every_part_of_a_state_has_a_size():
    robot = load_robot('ur5e')
    assert size_of(STATE_PARTS, robot) == 2 * 6 + sum((1, 3, 3, 4, 6))
    assert set(STATE_PARTS) - set(SIZES) == {'joints', 'joint_velocities'}
