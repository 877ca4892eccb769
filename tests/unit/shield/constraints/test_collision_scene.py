"""Objects around the arm: who may come how near, what is held, how to get out again."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from rig import DT, Rig, complaints, model

from vla_core.records.safety import Decision
from vla_core.records.scene import GroundedObject, GroundedScene, ParsedTask, Role, TargetStatus


def thing(position, size=(0.05, 0.05, 0.05), role=Role.OBSTACLE, **changes):
    fields = {'id': 1, 'label': 'red cube', 'colour': 'red', 'shape': 'cube', 'score': 0.0}
    fields |= {'yaw': 0.0, 'sigma': 0.0, 'role': role}
    return GroundedObject(position=position, size=size, **{**fields, **changes})


def show(rig, *things):
    scene = GroundedScene(rig.now, 't', ParsedTask(), things, TargetStatus.PRESENT)
    rig.shield.on_scene(scene, rig.now)


def tip(rig):
    return model('ur5e').fk(rig.commands[-1])[:3, 3]


def drive(rig, velocity, seconds, check=None):
    """Move the tip with `velocity` (3,) m/s, as asked of the shield; returns the reports."""
    robot, reports, q = model('ur5e'), [], rig.commands[-1].copy()
    start = robot.fk(q)[:3, 3]
    for k in range(round(seconds / DT)):
        jacobian = robot.jacobian(q)
        error = start + np.array(velocity) * k * DT - robot.fk(q)[:3, 3]
        rate = np.linalg.pinv(jacobian) @ np.r_[np.array(velocity) + 5.0 * error, 0.0, 0.0, 0.0]
        q = q + rate * DT
        reports.append(rig.step(rig.target(q, rate)).report)
        assert complaints(rig) == []
        if check:
            check(rig)
    return reports


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


class Sagging(Rig):
    """A rig whose arm, once loaded, hangs below its command."""

    sag = np.zeros(3)  # m

    def _move(self):
        super()._move()
        self.q = self.q + np.linalg.pinv(model('ur5e').jacobian(self.q)) @ np.r_[self.sag, 0, 0, 0]


def sagging(*sag):
    rig = Sagging().armed()
    rig.sag = np.array(sag)
    return rig


def test_an_arm_that_a_load_pulls_down_keeps_clear_of_the_table_where_it_is():
    rig = sagging(0.0, 0.0, -0.0045)
    reports = drive(rig, [0.0, 0.0, -0.2], (tip(rig)[2] + 0.02) / 0.2)
    drive(rig, [0.0, 0.0, 0.0], 1.5)
    ends = model('ur5e').fk(rig.q)[2, 3] - 0.008
    assert 0.003 < ends < 0.012
    assert tip(rig)[2] - 0.008 > ends + 0.003
    assert any('table' in rule for rule in reports[-1].rules)


def test_an_arm_that_hangs_low_for_long_is_held_and_goes_on_when_it_does_not():
    rig = sagging(0.0, 0.0, -0.012)
    reports = drive(rig, [0.0, 0.0, 0.02], 1.0)
    assert (reports[-1].decision, reports[-1].rules) == (Decision.HOLD, ('tracking:load',))
    assert '12 mm below' in reports[-1].reason
    first = next(k for k, report in enumerate(reports) if report.decision == Decision.HOLD)
    assert rig.params.hang_time <= first * DT <= rig.params.hang_time + 0.2
    rig.sag = np.zeros(3)
    assert drive(rig, [0.0, 0.0, 0.02], 1.0)[-1].decision != Decision.HOLD


class Standing(Rig):
    """A rig whose hand cannot go below `floor` m, whatever it is told."""

    floor = -1.0

    def _move(self):
        super()._move()
        rise = self.floor - tip(self)[2]
        if rise > 0.0:
            lift = np.linalg.pinv(model('ur5e').jacobian(self.q)) @ np.r_[0, 0, rise, 0, 0, 0]
            self.q = self.q + lift


def test_a_hand_that_stands_on_something_does_not_press_on_and_may_rise():
    rig = Standing().armed()
    rig.floor = tip(rig)[2] - 0.01
    reports = drive(rig, [0.0, 0.0, -0.1], 1.0)
    assert (reports[-1].decision, reports[-1].rules) == (Decision.HOLD, ('tracking:press',))
    first = next(k for k, report in enumerate(reports) if report.decision == Decision.HOLD)
    assert (
        first * DT <= 0.1 + 0.05 + rig.params.press_time + 0.15
    )  # to touch, to be sunk, to be sure
    drive(rig, [0.0, 0.0, -0.1], 0.3)
    told = model('ur5e').fk(rig.commands[-1])[2, 3]
    assert told > rig.floor - 0.002  # it does not press, and is not let on
    assert rig.out.report.rules == ('tracking:press',)
    higher = rig.q + [0.0, -0.1, 0.0, 0.0, 0.0, 0.0]
    for _ in range(60):  # asked to rise, in another order of the joints
        rig.step(rig.target(higher[::-1], names=rig.robot.joint_names[::-1]))
    assert rig.out.report.decision != Decision.HOLD
    assert drive(rig, [0.0, 0.0, 0.1], 1.0)[-1].decision != Decision.HOLD


def test_what_a_hand_stood_on_may_be_gone_it_tries_again_after_a_rest():
    rig = Standing(press_retry_time=1.0).armed()
    rig.floor = tip(rig)[2] - 0.01
    drive(rig, [0.0, 0.0, -0.1], 1.0)
    first = min(model('ur5e').fk(q)[2, 3] for q in rig.commands)
    assert all(r.decision == Decision.HOLD for r in drive(rig, [0.0, 0.0, -0.02], 0.2))
    drive(rig, [0.0, 0.0, -0.1], 1.2)
    assert min(model('ur5e').fk(q)[2, 3] for q in rig.commands) > first - 0.03
    assert rig.out.report.rules == ('tracking:press',)  # still there
    rig.floor = -1.0
    drive(rig, [0.0, 0.0, -0.1], 1.2)
    assert rig.out.report.decision != Decision.HOLD


@pytest.mark.parametrize('back', [0.3, 0.6, 1.0, 2.0])
def test_an_arm_that_was_lifted_and_let_go_does_not_press(back):
    """`back` m/s, at which it comes back to its command."""
    rig = Standing().armed()
    drive(rig, [0.0, 0.0, -0.1], 0.5)
    rig.floor = tip(rig)[2] + 0.2
    for _ in range(200):
        rig.floor -= back * DT
        rig.step(rig.target(rig.commands[-1]))
    assert rig.out.report.decision != Decision.HOLD


def test_an_arm_that_something_holds_back_does_not_count_as_loaded():
    rig = sagging(-0.016, 0.0, -0.009)  # a drawer that is shut, as simulated
    assert all(r.decision != Decision.HOLD for r in drive(rig, [0.0, 0.0, 0.02], 1.0))


def test_an_obstacle_in_the_way_is_not_touched(rig):
    box = thing(tip(rig) + [0.0, 0.15, 0.0], (0.04, 0.04, 0.30))
    show(rig, box)

    def keeps_off(rig):
        assert tip(rig)[1] < box.position[1] - 0.02

    drive(rig, [0.0, 0.2, 0.0], 1.5, keeps_off)


@pytest.mark.parametrize('role', [Role.TARGET, Role.DESTINATION])
def test_the_gripper_may_reach_what_the_task_is_about(rig, role):
    box = thing(tip(rig) + [0.0, 0.15, 0.0], (0.04, 0.04, 0.10), role)
    show(rig, box)
    drive(rig, [0.0, 0.15, 0.0], 1.0)
    assert tip(rig)[1] > box.position[1] - 0.02


def test_a_remembered_object_counts_as_much_as_one_in_view(rig):
    seen = thing(tip(rig) + [0.0, 0.15, 0.0], (0.04, 0.04, 0.30))
    hidden = thing(seen.position, seen.size, is_visible=False)
    other = Rig().armed()
    show(rig, seen)
    show(other, hidden)
    drive(rig, [0.0, 0.2, 0.0], 0.8)
    drive(other, [0.0, 0.2, 0.0], 0.8)
    assert np.array_equal(rig.commands[-1], other.commands[-1])


def test_f17_an_obstacle_that_appears_ahead_stops_the_arm_at_once(rig):
    drive(rig, [0.0, 0.2, 0.0], 0.5)
    speed = np.linalg.norm(rig.speed)
    show(rig, thing(tip(rig) + [0.0, 0.06, 0.0], (0.04, 0.04, 0.30)))
    drive(rig, [0.0, 0.2, 0.0], DT)
    assert np.linalg.norm(rig.speed) < speed


def test_uncertainty_keeps_the_arm_further_away(rig):
    places = []
    for sigma in (0.0, 0.01):
        rig = Rig().armed()
        show(rig, thing(tip(rig) + [0.0, 0.15, 0.0], (0.04, 0.04, 0.30), sigma=sigma))
        drive(rig, [0.0, 0.2, 0.0], 1.2)
        places.append(tip(rig)[1])
    assert places[1] < places[0] - 0.01


def test_too_near_an_obstacle_the_way_out_is_free_and_the_way_in_is_not(rig):
    show(rig, thing(tip(rig) + [0.0, 0.075, 0.0], (0.04, 0.04, 0.30)))
    before = tip(rig)
    drive(rig, [0.0, 0.1, 0.0], 0.5)
    assert tip(rig)[1] < before[1] + 2e-3
    drive(rig, [0.0, -0.1, 0.0], 1.0)
    assert tip(rig)[1] < before[1] - 0.05


def test_a_held_object_keeps_off_the_table_like_the_hand_that_holds_it(rig):
    held = thing(tip(rig) + [0.0, 0.0, -0.05], (0.04, 0.04, 0.14), Role.TARGET, is_held=True)
    show(rig, held)
    drive(rig, [0.0, 0.0, -0.2], 2.5)
    bottom = tip(rig)[2] - 0.05 - 0.07
    assert bottom > rig.params.held_clearance - 0.003
    assert tip(rig)[2] > 0.10


def test_a_human_is_kept_at_a_distance(rig):
    show(rig, thing(tip(rig) + [0.0, 0.5, 0.0], (0.04, 0.04, 0.5), Role.HUMAN))
    drive(rig, [0.0, 0.2, 0.0], 1.5)
    assert tip(rig)[1] < -0.02 + 0.5 - rig.params.human_clearance + tip(rig)[1] * 0.0 + 0.2


def test_an_obstacle_never_makes_the_arm_faster_than_what_is_asked(rig):
    show(rig, thing(tip(rig) + [0.05, 0.15, 0.0], (0.04, 0.04, 0.30)))
    robot = model('ur5e')

    def is_slow(rig):
        jacobian = robot.jacobian(rig.commands[-2])[:3]
        assert np.linalg.norm(jacobian @ rig.speed) <= 0.25 + 1e-3

    drive(rig, [0.0, 0.2, 0.0], 1.5, is_slow)


def test_a_broken_scene_holds_a_policy_and_leaves_the_old_objects(rig):
    good = thing(tip(rig) + [0.0, 0.15, 0.0], (0.04, 0.04, 0.30))
    show(rig, good)
    show(rig, thing(np.full(3, np.nan)))
    assert rig.shield.inputs.scene_fault(rig.now) == 'scene is not finite'
    drive(rig, [0.0, 0.2, 0.0], 1.2)
    assert tip(rig)[1] < good.position[1] - 0.02


def test_more_objects_than_can_be_kept_clear_of_hold(rig):
    show(rig, *(thing([0.3, 0.02 * k, 0.02], id=k) for k in range(40)))
    assert rig.step(rig.target(rig.home)).report.decision == Decision.HOLD
