"""The certified command is what the emulated controller sends: both restart rules, late commands,
speed slider, and a shield that dies."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
import rig as rigs
from rig import DT, Rig

from vla_bench.shield.random_targets import random_targets
from vla_core.robot.config import load_robot
from vla_core.robot.controller import RESTARTS, ControllerContract
from vla_shield.command.timeline import CommandTimeline
from vla_sim.controllers.joint_trajectory_controller import JointTrajectoryController

UPDATE = 0.002  # s, period of the controller
CYCLES = 250


class ControlledRig(Rig):
    """A rig whose arm stands far from its command, so that the restart rule matters."""

    def __init__(self, share, delay):
        self.share, self.delay = share, delay
        self.dice, self.played = np.random.default_rng(0), []  # (n,) rad, every UPDATE
        super().__init__(tcp_speed=1.0, link_speed=1.0)
        self.controller = JointTrajectoryController(
            self.robot.joint_names, self.home, UPDATE, self.robot.arm.controller
        )
        self.controller.scaling = share

    def sense(self):
        self.shield.inputs.put_scalings([100.0 * self.share], self.now)
        super().sense()

    def play(self, is_alive=True):
        """One cycle of the controller, with the command of this one if there is any."""
        if is_alive:
            arrival = self.now + self.dice.uniform(0.0, self.delay)
            assert self.controller.accept(self.out.arm, arrival) == ''
        for k in range(round(DT / UPDATE)):
            self.controller.update(self.now + k * UPDATE, self.lagging)
            self.played.append(self.controller.position)

    def lagging(self):
        return self.controller.position - 0.03, np.full(6, 0.5)

    @property
    def acceleration(self):
        """Largest acceleration that was sent, as a share of its limit."""
        change = np.diff(self.played, 2, axis=0) / UPDATE**2
        return float((np.abs(change) / self.robot.limits.acceleration).max())

    @property
    def fastest(self):
        """Largest speed that was sent, as a share of its limit."""
        speed = np.diff(self.played, axis=0) / UPDATE
        return float((np.abs(speed) / self.robot.limits.velocity).max())


@pytest.fixture
def controlled(monkeypatch):
    def make(restart, share=1.0, delay=0.0):
        robot = load_robot('ur5e')
        topic = '/slider' if share < 1.0 else ''
        contract = ControllerContract(restart=restart, scaling_topic=topic)
        described = replace(robot, arms=(replace(robot.arms[0], controller=contract),))
        monkeypatch.setattr(rigs, 'load', lambda _: described)
        rig = ControlledRig(share, delay).armed()
        rig.play()
        return rig

    return make


def hostile(rig, seed=3, cycles=CYCLES):
    targets = random_targets(rig.robot, DT, np.random.default_rng(seed))
    for _ in range(cycles):
        position, velocity = next(targets)
        rig.step(rig.target(position, velocity * rig.share))
        rig.play()


@pytest.mark.parametrize('restart', RESTARTS)
@pytest.mark.parametrize('share', [1.0, 0.5, 0.1])
def test_hostile_targets_leave_the_controller_within_the_limits(controlled, restart, share):
    rig = controlled(restart, share=share)
    hostile(rig)
    assert rig.acceleration <= 1.1
    assert rig.fastest <= share * 1.1
    assert np.ptp(np.array(rig.played), axis=0).max() > 0.05 * share


@pytest.mark.parametrize('restart', RESTARTS)
def test_commands_that_arrive_up_to_3_ms_late_change_nothing(controlled, restart):
    rig = controlled(restart, delay=0.003)
    hostile(rig)
    assert rig.acceleration <= 1.1


@pytest.mark.parametrize('restart', RESTARTS)
def test_what_the_controller_has_when_the_shield_dies_stops_it_within_the_limits(
    controlled, restart
):
    rig = controlled(restart)
    goal = rig.home + 0.8
    for _ in range(25):
        rig.step(rig.target(goal))
        rig.play()
    assert np.abs(np.diff(rig.played[-3:], axis=0)).max() / UPDATE > 0.2
    for _ in range(60):
        rig.now += DT
        rig.play(is_alive=False)
    assert rig.acceleration <= 1.1
    assert np.array_equal(rig.played[-1], rig.played[-2])


def test_both_restart_rules_send_the_same(controlled):
    sent = []
    for rule in RESTARTS:
        rig = controlled(rule)
        hostile(rig, cycles=60)
        sent.append(np.array(rig.played))
    np.testing.assert_allclose(sent[0][10:], sent[1][10:], atol=1e-12)


def test_the_trajectory_clock_stands_with_the_slider_at_zero():
    timeline = CommandTimeline(DT)
    timeline.begin(1.0, np.zeros(6), 1.0)
    timeline.tick(1.0 + DT, 1.0)
    assert timeline.is_due
    timeline.tick(1.0 + DT, 0.0)
    assert not timeline.is_due
    assert not timeline.is_late
    before = timeline.lead
    timeline.tick(2.0, 0.0)
    assert timeline.lead == pytest.approx(before)


def test_a_slower_arm_sets_the_pace_and_the_faster_one_gets_a_stretched_command(controlled):
    rig = controlled('measured', share=0.5)
    for k in range(40):
        rig.step(rig.target(rig.home + 0.002 * k, np.full(6, 0.1)))
    timeline, state = rig.shield._timeline, rig.shield.reference.state
    own = timeline.message(rig.robot.joint_names, state, 0.5)
    fast = timeline.message(rig.robot.joint_names, state, 1.0)
    row = fast.next_row
    ahead_own = own.time_from_start[own.next_row] + own.stamp - rig.now
    ahead_fast = fast.time_from_start[row] + fast.stamp - rig.now
    # the slower one is sent later by what it samples ahead at full speed
    assert ahead_fast == pytest.approx(2.0 * (ahead_own - 0.5 * UPDATE))
    assert fast.velocity[row] == pytest.approx(0.5 * own.velocity[own.next_row])
    assert np.array_equal(fast.position[row], own.position[own.next_row])
