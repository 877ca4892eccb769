"""Tracking faults: an undeclared payload, a gripper that presses on an obstacle."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
import rig as rig_module
from rig import DT, Rig, drive, model, tip

from vla_core.records.safety import Decision


class OffsetRig(Rig):
    """A rig whose tip is at `offset` from its command."""

    offset = np.zeros(3)  # m

    def _move(self):
        super()._move()
        self.q = (
            self.q + np.linalg.pinv(model('ur5e').jacobian(self.q)) @ np.r_[self.offset, 0, 0, 0]
        )


def displaced(*offset):
    rig = OffsetRig().armed()
    rig.offset = np.array(offset)
    return rig


def test_clearances_hold_at_the_measured_position_of_a_loaded_arm():
    rig = displaced(0.0, 0.0, -0.0045)
    reports = drive(rig, [0.0, 0.0, -0.2], (tip(rig)[2] + 0.02) / 0.2)
    drive(rig, [0.0, 0.0, 0.0], 1.5)
    ends = model('ur5e').fk(rig.q)[2, 3] - 0.008
    assert 0.003 < ends < 0.012
    assert tip(rig)[2] - 0.008 > ends + 0.003
    assert any('table' in rule for rule in reports[-1].rules)


def test_a_tip_below_its_command_holds_until_the_offset_is_gone():
    rig = displaced(0.0, 0.0, -0.012)
    reports = drive(rig, [0.0, 0.0, 0.02], 1.0)
    assert (reports[-1].decision, reports[-1].rules) == (Decision.HOLD, ('tracking:load',))
    assert '12 mm below' in reports[-1].reason
    first = next(k for k, report in enumerate(reports) if report.decision == Decision.HOLD)
    assert rig.params.hang_time <= first * DT <= rig.params.hang_time + 0.2
    rig.offset = np.zeros(3)
    assert drive(rig, [0.0, 0.0, 0.02], 1.0)[-1].decision != Decision.HOLD


class BlockedRig(Rig):
    """A rig whose tip cannot go below `floor` m."""

    floor = -1.0

    def _move(self):
        super()._move()
        rise = self.floor - tip(self)[2]
        if rise > 0.0:
            lift = np.linalg.pinv(model('ur5e').jacobian(self.q)) @ np.r_[0, 0, rise, 0, 0, 0]
            self.q = self.q + lift


def test_a_gripper_on_an_obstacle_does_not_press_and_may_rise():
    rig = BlockedRig().armed()
    rig.floor = tip(rig)[2] - 0.01
    reports = drive(rig, [0.0, 0.0, -0.1], 1.0)
    assert (reports[-1].decision, reports[-1].rules) == (Decision.HOLD, ('tracking:press',))
    first = next(k for k, report in enumerate(reports) if report.decision == Decision.HOLD)
    assert first * DT <= 0.1 + 0.05 + rig.params.press_time + 0.15  # contact, offset, duration
    drive(rig, [0.0, 0.0, -0.1], 0.3)
    commanded = model('ur5e').fk(rig.commands[-1])[2, 3]
    assert commanded > rig.floor - 0.002  # it does not press
    assert rig.out.report.rules == ('tracking:press',)
    higher = rig.q + [0.0, -0.1, 0.0, 0.0, 0.0, 0.0]
    for _ in range(60):  # the target rises, in another order of joints
        rig.step(rig.target(higher[::-1], names=rig.robot.joint_names[::-1]))
    assert rig.out.report.decision != Decision.HOLD
    assert drive(rig, [0.0, 0.0, 0.1], 1.0)[-1].decision != Decision.HOLD


def test_after_the_retry_time_a_gripper_that_pressed_may_move_down_again():
    rig = BlockedRig(press_retry_time=1.0).armed()
    rig.floor = tip(rig)[2] - 0.01
    drive(rig, [0.0, 0.0, -0.1], 1.0)
    first = min(model('ur5e').fk(q)[2, 3] for q in rig.commands)
    assert all(r.decision == Decision.HOLD for r in drive(rig, [0.0, 0.0, -0.02], 0.2))
    drive(rig, [0.0, 0.0, -0.1], 1.2)
    assert min(model('ur5e').fk(q)[2, 3] for q in rig.commands) > first - 0.03
    assert rig.out.report.rules == ('tracking:press',)  # the obstacle is still there
    rig.floor = -1.0
    drive(rig, [0.0, 0.0, -0.1], 1.2)
    assert rig.out.report.decision != Decision.HOLD


@pytest.mark.parametrize('back', [0.3, 0.6, 1.0, 2.0])
def test_an_arm_that_was_lifted_and_released_does_not_press(back):
    """It returns to its command at `back` m/s."""
    rig = BlockedRig().armed()
    drive(rig, [0.0, 0.0, -0.1], 0.5)
    rig.floor = tip(rig)[2] + 0.2
    for _ in range(200):
        rig.floor -= back * DT
        rig.step(rig.target(rig.commands[-1]))
    assert rig.out.report.decision != Decision.HOLD


def test_a_lateral_offset_is_no_payload():
    rig = displaced(-0.016, 0.0, -0.009)  # a closed drawer, as simulated
    assert all(r.decision != Decision.HOLD for r in drive(rig, [0.0, 0.0, 0.02], 1.0))


def late_arm(monkeypatch, tolerance, lag):
    """An arm 120 ms behind its command whose file says `lag` s, of a controller that aborts at
    `tolerance` rad; the largest error while it is moved, and the reports."""
    robot = rig_module.load('ur5e')
    contract = replace(robot.arm.controller, path_tolerance=tolerance, lag=lag)
    changed = replace(robot, arms=(replace(robot.arm, controller=contract),))
    with monkeypatch.context() as patch:
        patch.setattr(rig_module, 'load', lambda _: changed)
        rig = Rig(delay=12).armed()
    goal, errors, reports = rig.home.copy(), [], []
    goal[0] += 1.0
    for _ in range(300):
        reports.append(rig.step(rig.target(goal)).report)
        errors.append(float(np.abs(rig.commands[-1] - rig.q).max()))
    return max(errors), reports


def test_a_declared_lag_never_reaches_the_path_tolerance(monkeypatch):
    free, _ = late_arm(monkeypatch, 0.0, 0.12)
    assert free > 0.03
    error, reports = late_arm(monkeypatch, 0.03, 0.12)
    assert error < 0.03
    assert not any('tracking:tolerance' in report.rules for report in reports)


def test_with_a_larger_lag_than_declared_the_arm_is_stopped_and_the_tolerance_named(monkeypatch):
    _, reports = late_arm(monkeypatch, 0.03, 0.01)
    held = next(report for report in reports if 'tracking:tolerance' in report.rules)
    assert held.decision == Decision.HOLD
    assert 'its controller aborts at 0.030 rad: lower tcp_speed' in held.reason
