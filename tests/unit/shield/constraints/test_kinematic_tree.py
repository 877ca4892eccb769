"""Two chains in one model: which joint moves what, and at most how fast."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from rig import load

from vla_shield.constraints.collision_model import CollisionModel
from vla_shield.params import ShieldParams

STEP = 1e-4  # rad, of a difference


@pytest.fixture(scope='module')
def model():
    return CollisionModel(ShieldParams(), load('two_arms'))


def are_robots(model):
    """(p,) pairs of two shapes of the robot."""
    return (model.first < model.table) & (model.second < model.table)


def configurations(count):
    dice, robot = np.random.default_rng(0), load('two_arms')
    return [robot.limits.clamp(robot.home + dice.uniform(-1.0, 1.0, 14)) for _ in range(count)]


def differences(function, q):
    """(..., n) derivative of a function of q."""
    steps = STEP * np.eye(len(q))
    rows = [(function(q + step) - function(q - step)) / (2.0 * STEP) for step in steps]
    return np.stack(rows, axis=-1)


def test_the_jacobians_of_both_tips_have_the_columns_of_their_arm(model):
    for q in configurations(5):
        points = model.point_jacobians(model.spatial_jacobian(q))
        for arm, part in enumerate(model.tree.slices):
            found = points[model.tip_rows[arm]]
            np.testing.assert_allclose(
                found, differences(lambda q, arm=arm: model.tip(q, arm)[:3, 3], q), atol=1e-6
            )
            assert not np.delete(found, np.r_[part], axis=1).any()


def test_the_gradient_of_a_pair_between_arms_has_the_columns_of_both(model):
    pairs = np.flatnonzero(model.is_between_arms)[::29]
    both = np.zeros(2)
    for q in configurations(6):
        numeric = differences(lambda q: model.distances(q, pairs), q)
        jacobian = model.spatial_jacobian(q)
        distances = model.distances(q, pairs)
        for k, pair in enumerate(pairs):
            if distances[k] > 0.05:
                gradient = model.distance_gradient(int(pair), jacobian)
                np.testing.assert_allclose(gradient, numeric[k], atol=0.03)
                both += [np.abs(gradient[:7]).max() > 0.1, np.abs(gradient[7:]).max() > 0.1]
    assert (both > 20).all()


def test_no_joint_changes_a_distance_faster_than_its_lever_arm(model):
    pairs = np.flatnonzero(model.is_active)[::7]
    for q in configurations(6):
        fastest = np.abs(differences(lambda q: model.distances(q, pairs), q))
        assert (fastest <= model.lever_arms[pairs] + 0.02).all()


def test_a_joint_below_both_shapes_of_a_pair_does_not_count(model):
    own = np.flatnonzero(~model.is_between_arms & are_robots(model))
    for pair in own:
        joints = model._joints[[model.first[pair], model.second[pair]]]
        moved = model.tree.arm_of_joint[joints].max()
        assert not model.lever_arms[pair, model.tree.slices[1 - moved]].any()
        is_on_base = joints.min() == 0
        assert is_on_base or not model.lever_arms[pair, model.tree.slices[moved]][0]


def test_arms_keep_more_distance_than_an_arm_from_itself(model):
    params = ShieldParams()
    assert set(model.required[model.is_between_arms]) >= {params.arm_clearance}
    robot = are_robots(model)
    assert set(model.required[robot & ~model.is_between_arms]) == {params.self_clearance}
    assert model.is_active[model.is_between_arms & robot].all()
