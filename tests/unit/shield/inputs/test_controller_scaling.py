"""The speed slider of the robot: no motion without its value, nor below the least."""

import math
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
import rig as rigs
from rig import Rig

from vla_core.records.safety import SCALING, Decision
from vla_core.robot.config import load_robot
from vla_core.robot.controller import ControllerContract
from vla_shield.inputs.controller_scaling import ControllerScaling

CONTRACT = ControllerContract(scaling_topic='/slider', min_scaling=0.05)


def test_without_a_topic_the_robot_runs_at_full_speed():
    scaling = ControllerScaling(ControllerContract())
    assert (scaling.fault(1.0), scaling.share, scaling.text) == ('', 1.0, '')


def test_the_value_must_be_there_fresh_and_high_enough():
    scaling = ControllerScaling(CONTRACT)
    assert scaling.fault(1.0) == 'no speed scaling received on /slider'
    scaling.put(50.0, 1.0)
    assert (scaling.fault(1.2), scaling.share) == ('', 0.5)
    assert 'is 0.60 s old' in scaling.fault(1.6)
    scaling.put(3.0, 2.0)
    assert scaling.fault(2.0) == 'speed slider at 3 %, at least 5 % is needed'
    scaling.put(math.nan, 3.0)
    assert scaling.fault(3.0).startswith('speed slider at 0 %')
    scaling.put(100.0, 4.0)
    scaling.clear()
    assert 'no speed scaling' in scaling.fault(4.0)


@pytest.fixture
def rig(monkeypatch):
    robot = load_robot('ur5e')
    scaled = replace(robot, arms=(replace(robot.arms[0], controller=CONTRACT),))
    monkeypatch.setattr(rigs, 'load', lambda _: scaled)
    return Rig()


def test_the_shield_does_not_arm_below_the_least_and_says_why(rig):
    rig.sense()
    assert 'no speed scaling' in rig.shield.arm(rig.now)
    rig.shield.inputs.put_scalings([3.0], rig.now)
    assert 'speed slider at 3 %' in rig.shield.arm(rig.now)
    rig.shield.inputs.put_scalings([10.0], rig.now)
    assert rig.shield.arm(rig.now) == ''


def test_a_slider_that_goes_down_or_falls_silent_holds_and_a_low_one_slows(rig):
    rig.shield.inputs.put_scalings([100.0], 0.0)
    rig.armed()
    goal = rig.home + 0.3

    def run(value, cycles=30):
        for _ in range(cycles):
            if value is not None:
                rig.shield.inputs.put_scalings([value], rig.now)
            report = rig.step(rig.target(goal)).report
        return report

    assert run(100.0).decision in (Decision.PASS, Decision.CLIPPED)
    slow = run(40.0)
    assert SCALING in slow.rules
    assert slow.speed_scale == pytest.approx(0.4)
    held = run(3.0)
    assert (held.decision, held.rules) == (Decision.HOLD, (SCALING,))
    assert 'speed slider at 3 %' in held.reason
    run(100.0)
    assert 's old' in run(None, 70).reason


def test_at_a_tenth_a_target_that_is_as_slow_is_followed(rig):
    rig.shield.inputs.put_scalings([10.0], rig.now)
    rig.armed()
    rate, q = np.full(6, 0.008), rig.commands[-1].copy()
    for _ in range(400):
        rig.shield.inputs.put_scalings([10.0], rig.now)
        q = q + rate * 0.01
        report = rig.step(rig.target(q, rate)).report
    assert report.decision == Decision.PASS
    assert rig.speed == pytest.approx(rate, rel=0.01)
    assert rig.commands[-1] == pytest.approx(q + 0.01 * rate, abs=1e-3)
    command = rig.out.arm  # on the controller's clock the motion is ten times as fast
    assert command.velocity[command.next_row] == pytest.approx(10.0 * rate, rel=0.01)
