"""Clearances to objects: which shapes may come how near, held objects, leaving a violation."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from rig import DT, Rig, drive, model, tip

from vla_core.records.safety import Decision
from vla_core.records.scene import GroundedObject, GroundedScene, ParsedTask, Role, TargetStatus


def make_object(position, size=(0.05, 0.05, 0.05), role=Role.OBSTACLE, **changes):
    fields = {'id': 1, 'label': 'red cube', 'colour': 'red', 'shape': 'cube', 'score': 0.0}
    fields |= {'yaw': 0.0, 'sigma': 0.0, 'role': role}
    return GroundedObject(position=position, size=size, **{**fields, **changes})


def show(rig, *objects):
    scene = GroundedScene(rig.now, 't', ParsedTask(), objects, TargetStatus.PRESENT)
    rig.shield.on_scene(scene, rig.now)


@pytest.fixture
def rig():
    return Rig().armed()


def test_the_fingers_stop_just_above_the_table(rig):
    reports = drive(rig, [0.0, 0.0, -0.2], (tip(rig)[2] + 0.02) / 0.2)
    drive(rig, [0.0, 0.0, 0.0], 1.5)
    ends = tip(rig)[2] - 0.008  # the pads end 8 mm below the tip
    assert 0.003 < ends < 0.012
    assert any('table' in rule for rule in reports[-1].rules)
    assert not np.abs(rig.speed).max() > 0.02


def test_an_obstacle_ahead_is_not_touched(rig):
    box = make_object(tip(rig) + [0.0, 0.15, 0.0], (0.04, 0.04, 0.30))
    show(rig, box)

    def keeps_clear(rig):
        assert tip(rig)[1] < box.position[1] - 0.02

    drive(rig, [0.0, 0.2, 0.0], 1.5, keeps_clear)


@pytest.mark.parametrize('role', [Role.TARGET, Role.DESTINATION])
def test_the_gripper_may_touch_target_and_destination(rig, role):
    box = make_object(tip(rig) + [0.0, 0.15, 0.0], (0.04, 0.04, 0.10), role)
    show(rig, box)
    drive(rig, [0.0, 0.15, 0.0], 1.0)
    assert tip(rig)[1] > box.position[1] - 0.02


def test_a_remembered_object_counts_like_a_visible_one(rig):
    seen = make_object(tip(rig) + [0.0, 0.15, 0.0], (0.04, 0.04, 0.30))
    hidden = make_object(seen.position, seen.size, is_visible=False)
    other = Rig().armed()
    show(rig, seen)
    show(other, hidden)
    drive(rig, [0.0, 0.2, 0.0], 0.8)
    drive(other, [0.0, 0.2, 0.0], 0.8)
    assert np.array_equal(rig.commands[-1], other.commands[-1])


def test_f17_an_obstacle_that_appears_ahead_stops_the_arm_at_once(rig):
    drive(rig, [0.0, 0.2, 0.0], 0.5)
    speed = np.linalg.norm(rig.speed)
    show(rig, make_object(tip(rig) + [0.0, 0.06, 0.0], (0.04, 0.04, 0.30)))
    drive(rig, [0.0, 0.2, 0.0], DT)
    assert np.linalg.norm(rig.speed) < speed


def test_uncertainty_keeps_the_arm_further_away(rig):
    places = []
    for sigma in (0.0, 0.01):
        rig = Rig().armed()
        show(rig, make_object(tip(rig) + [0.0, 0.15, 0.0], (0.04, 0.04, 0.30), sigma=sigma))
        drive(rig, [0.0, 0.2, 0.0], 1.2)
        places.append(tip(rig)[1])
    assert places[1] < places[0] - 0.01


def test_too_near_an_obstacle_it_may_separate_and_not_approach(rig):
    show(rig, make_object(tip(rig) + [0.0, 0.075, 0.0], (0.04, 0.04, 0.30)))
    before = tip(rig)
    drive(rig, [0.0, 0.1, 0.0], 0.5)
    assert tip(rig)[1] < before[1] + 2e-3
    drive(rig, [0.0, -0.1, 0.0], 1.0)
    assert tip(rig)[1] < before[1] - 0.05


def test_a_held_object_keeps_clear_of_the_table(rig):
    held = make_object(tip(rig) + [0.0, 0.0, -0.05], (0.04, 0.04, 0.14), Role.TARGET, is_held=True)
    show(rig, held)
    drive(rig, [0.0, 0.0, -0.2], 2.5)
    bottom = tip(rig)[2] - 0.05 - 0.07
    assert bottom > rig.params.held_clearance - 0.003
    assert tip(rig)[2] > 0.10


def test_a_human_is_kept_at_a_distance(rig):
    show(rig, make_object(tip(rig) + [0.0, 0.5, 0.0], (0.04, 0.04, 0.5), Role.HUMAN))
    drive(rig, [0.0, 0.2, 0.0], 1.5)
    assert tip(rig)[1] < -0.02 + 0.5 - rig.params.human_clearance + tip(rig)[1] * 0.0 + 0.2


def test_an_obstacle_never_makes_the_arm_faster_than_its_cap(rig):
    show(rig, make_object(tip(rig) + [0.05, 0.15, 0.0], (0.04, 0.04, 0.30)))
    robot = model('ur5e')

    def is_slow(rig):
        jacobian = robot.jacobian(rig.commands[-2])[:3]
        assert np.linalg.norm(jacobian @ rig.speed) <= 0.25 + 1e-3

    drive(rig, [0.0, 0.2, 0.0], 1.5, is_slow)


def test_an_invalid_scene_holds_a_policy_and_keeps_the_old_objects(rig):
    good = make_object(tip(rig) + [0.0, 0.15, 0.0], (0.04, 0.04, 0.30))
    show(rig, good)
    show(rig, make_object(np.full(3, np.nan)))
    assert rig.shield.inputs.scene_status.fault == 'scene is not finite'
    drive(rig, [0.0, 0.2, 0.0], 1.2)
    assert tip(rig)[1] < good.position[1] - 0.02


def test_more_objects_than_the_model_holds_is_hold(rig):
    show(rig, *(make_object([0.3, 0.02 * k, 0.02], id=k) for k in range(40)))
    assert rig.step(rig.target(rig.home)).report.decision == Decision.HOLD
