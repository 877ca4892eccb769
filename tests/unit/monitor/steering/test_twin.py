"""The twin predicts outcomes that kinematics cannot."""

import numpy as np
import pytest

from tests.unit.monitor.steering.table import (
    CUBE,
    OPEN,
    ROBOT,
    chunk,
    joints_at,
    scene,
    verifier,
)
from vla_monitor.steering.twin_model import TwinModel


@pytest.fixture(scope='module')
def low():
    return joints_at((*CUBE, 0.02))


def test_the_twin_shows_what_is_perceived_and_is_built_once():
    twin = TwinModel(ROBOT, 0.004)
    data = twin.show(scene())
    cube, box, _ = scene().objects
    np.testing.assert_allclose(data.body(twin.body_of(cube)).id, twin.body_of(cube))
    first = twin.model
    moved = scene()
    data = twin.show(moved)
    assert twin.model is first
    joint = data.joint(f'thing_{box.id}')
    np.testing.assert_allclose(joint.qpos[:3], box.position, atol=1e-6)


def grasp(low, at, k=0):
    """Close on the cube at `at`, then lift."""
    up = (*at, 0.10)
    made = chunk(low, [(*at, 0.02), (*at, 0.02), up], (0.0, 0.0), 'grasp the red cube')
    return type(made)(**{**vars(made), 'candidate': k})


def test_a_grasp_that_holds_is_found_good(low):
    made = verifier(low)
    chosen, verdict = made.choose((grasp(low, CUBE), grasp(low, CUBE, 1)), 1.1)
    assert chosen is not None
    assert verdict.verifier.startswith('stage B')
    assert verdict.scores[0] > 0.5


def test_what_is_let_go_too_high_falls_in_the_twin():
    high = joints_at((*CUBE, 0.2))
    held = scene(held_at=(*CUBE, 0.195))
    text = 'carry the red cube to the blue box'
    made = verifier(high, held, opening=0.04)
    present = made.inputs.present(1.0, 'task-1')
    for last, faults in ((OPEN, ('the red cube falls',)), (0.0, ())):
        check = made.stage_a.evaluate(
            (chunk(high, [(*CUBE, 0.2)] * 2, (0.0, last), text),), present
        )[0]
        stage = made.stage_b._source.stage(present, check.purpose, 0.0)
        paths = (check.path, check.joints, check.purpose)
        outcome = made.stage_b.player.play(stage, present.q, *paths, lambda: False)
        assert outcome.faults == faults
        assert outcome.moments[-1].is_holding == (not faults)
