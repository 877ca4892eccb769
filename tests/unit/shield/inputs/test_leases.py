"""One holder of each arm: whose targets count, who may take over, and when a lease lapses."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from rig import Rig

from vla_core.records.action import Source, Target
from vla_core.records.lease import LeaseKind
from vla_core.records.safety import Decision
from vla_core.robot.config import load_robot
from vla_shield.inputs.input_status import InputStatus
from vla_shield.inputs.leases import LEASE_TIMEOUT, LeaseTable
from vla_shield.inputs.source_freshness import SourceFreshness
from vla_shield.params import ShieldParams

ROBOT = load_robot('ur5e')
ZERO = np.zeros(6)


@pytest.fixture
def table():
    return LeaseTable(ROBOT)


def target(holder='/control', source=Source.POLICY):
    return Target(1.0, '', ROBOT.joint_names, ZERO, ZERO, 0.08, source, holder=holder)


def holder(table, now):
    return table.state(now).holder('arm')


def test_without_a_lease_no_target_counts(table):
    assert table.refusal(target(), 1.0) == '/control has no lease of arm; nobody has'


def test_the_holder_alone_counts_and_the_other_is_named(table):
    assert table.acquire('/control', LeaseKind.AUTONOMY, (), 1.0) == ''
    assert table.refusal(target(), 1.01) == ''
    assert table.refusal(target('/other'), 1.02) == '/other has no lease of arm; /control has'
    assert table.state(1.03).refused.startswith('/other has no lease')
    assert table.state(2.5).refused == ''


def test_an_equal_must_wait_and_is_told_who_holds_the_arm(table):
    table.acquire('/control', LeaseKind.AUTONOMY, (), 1.0)
    why = table.acquire('/lab/control', LeaseKind.AUTONOMY, (), 1.5)
    assert why == 'arm is held by /control for 0.5 s'
    assert holder(table, 1.5) == '/control'


def test_a_person_takes_over_and_autonomy_does_not(table):
    table.acquire('/control', LeaseKind.AUTONOMY, (), 1.0)
    assert table.acquire('/gamepad', LeaseKind.TELEOP, (), 1.1) == ''
    assert 'is held by /gamepad' in table.acquire('/control', LeaseKind.AUTONOMY, (), 1.2)
    assert '/gamepad has' in table.refusal(target(), 1.3)


def test_a_lease_lapses_without_targets_and_lives_with_them(table):
    table.acquire('/control', LeaseKind.AUTONOMY, (), 1.0)
    for now in np.arange(1.0, 5.0, 0.5):
        assert table.refusal(target(), now) == ''
    assert holder(table, 5.4) == '/control'
    assert holder(table, 4.5 + LEASE_TIMEOUT + 0.01) == ''


def test_a_source_outside_the_kind_of_the_lease_is_refused(table):
    table.acquire('/control', LeaseKind.AUTONOMY, (), 1.0)
    assert 'for autonomy' in table.refusal(target(source=Source.TELEOP), 1.1)


def test_only_the_holder_releases(table):
    table.acquire('/control', LeaseKind.AUTONOMY, (), 1.0)
    assert table.release('/other', ('arm',)) == 'arm is held by /control, not by /other'
    assert table.release('/control', ()) == ''
    assert holder(table, 1.0) == ''


@pytest.mark.parametrize(
    ('name', 'arms', 'word'), [('', (), 'no name'), ('/a', ('left',), "no arm 'left'; known: arm")]
)
def test_a_wrong_request_is_refused(table, name, arms, word):
    assert word in table.acquire(name, LeaseKind.AUTONOMY, arms, 1.0)
    assert word in table.release(name, arms)


def test_two_senders_in_turn_move_the_arm_of_one():
    rig = Rig().armed()
    for _ in range(50):
        good = rig.target(rig.home + 0.1)
        out = rig.step(good)
        rig.shield.on_target(replace(good, position=rig.home - 0.5, holder='/other'), rig.now)
        assert out.report.decision < Decision.HOLD
    assert np.all(np.diff(np.array(rig.commands), axis=0) > -1e-9)  # never towards the other goal
    assert '/other has no lease' in rig.shield.leases.state(rig.now).refused


def test_the_reason_of_a_stale_target_says_who_was_refused():
    rig = Rig().armed()
    rig.shield.leases.release('/control', ())
    for _ in range(30):
        rig.now += 0.01
        rig.sense()
        rig.shield.on_target(rig.target(rig.home), rig.now)
        out = rig.shield.tick(rig.now)
    assert 'old; the last one was refused: /control has no lease of arm' in out.report.reason


def test_a_person_needs_the_enabling_switch():
    rig = Rig().armed()
    rig.step(rig.target(rig.home))
    rig.shield.on_dead_man(False, rig.now)
    rig.shield.on_target(rig.target(rig.home), rig.now + 0.01)
    rig.now += 0.01
    rig.sense()
    assert rig.shield.tick(rig.now).report.reason == 'the dead-man switch is released'
    for _ in range(25):
        rig.now += 0.01
        rig.sense()
        rig.shield.on_target(rig.target(rig.home), rig.now)
        out = rig.shield.tick(rig.now)
    assert out.report.reason == 'the dead-man switch is silent'


def test_a_planned_move_needs_a_scene():
    rig = Rig(planner_scene_timeout=0.5).armed()
    out = rig.step(rig.target(rig.home, source=Source.PLANNER))
    assert out.report.reason == 'scene never received'


def test_a_target_without_a_source_moves_the_arm_only_as_the_kind_of_its_lease_may():
    rig = Rig().armed()
    there = rig.home + 0.2
    out = rig.step(rig.target(rig.home, source=Source.NONE))
    assert out.report.decision == Decision.PASS
    out = rig.step(rig.target(there, source=Source.NONE))  # autonomy, no scene
    assert out.report.reason == 'scene never received'
    rig.shield.leases.release('/control', ())
    rig.shield.leases.acquire('/control', LeaseKind.TELEOP, (), rig.now)
    rig.shield.on_dead_man(False, rig.now)
    rig.now += 0.01
    rig.sense()
    rig.shield.on_target(rig.target(there, source=Source.NONE, stamp=rig.now), rig.now)
    assert rig.shield.tick(rig.now).report.reason == 'the dead-man switch is released'


def test_joints_of_no_arm_from_a_stranger_do_not_brake_the_holder(table):
    table.acquire('/control', LeaseKind.AUTONOMY, (), 1.0)
    stranger = replace(target('/stranger'), names=('foreign',))
    assert table.refusal(stranger, 1.1) == '/stranger has no lease of any arm'
    holders = replace(target(), names=('foreign',))
    assert table.refusal(holders, 1.1) == ''  # the holder's own fault brakes


def test_every_arm_of_a_request_must_be_free():
    pair = LeaseTable(load_robot('two_arms'))
    first, second = (arm.name for arm in load_robot('two_arms').arms)
    assert pair.acquire('/other', LeaseKind.AUTONOMY, (second,), 1.0) == ''
    assert f'{second} is held by /other' in pair.acquire('/control', LeaseKind.AUTONOMY, (), 1.1)
    assert pair.state(1.1).holder(first) == ''


def test_a_lease_lapses_after_a_second(table):
    table.acquire('/control', LeaseKind.AUTONOMY, (), 1.0)
    assert table.refusal(target(), 2.0) == ''
    assert 'nobody has' in table.refusal(target(), 3.01)


def test_a_clock_that_jumped_back_frees_the_arms(table):
    table.acquire('/control', LeaseKind.AUTONOMY, (), 1.0)
    table.clear()
    assert holder(table, 1.0) == ''


def test_a_clock_that_jumped_back_releases_the_enabling_switch():
    rig = Rig(dwell=0.02).armed()
    rig.step(rig.target(rig.home))
    rig.now -= 0.05  # less than the age that the switch may have
    rig.shield.tick(rig.now)
    for _ in range(4):  # more than the dwell time
        rig.now += 0.01
        rig.sense()
        rig.shield.leases.acquire('/control', LeaseKind.TELEOP, (), rig.now)
        rig.shield.on_target(rig.target(rig.home, stamp=rig.now), rig.now)
        out = rig.shield.tick(rig.now)
    assert out.report.reason == 'the dead-man switch is silent'


@pytest.mark.parametrize('ahead', [1.0, float('nan')])
def test_a_chunk_of_an_impossible_time_moves_nothing(ahead):
    needs, scene = SourceFreshness(ShieldParams()), InputStatus(stamp=10.0, received=10.0)
    chunk = replace(target(), chunk_seq=3, chunk_stamp=10.0)
    assert needs.fault(chunk, Source.POLICY, scene, 10.0) == ('', '')
    chunk = replace(chunk, chunk_stamp=10.0 + ahead)
    assert needs.fault(chunk, Source.POLICY, scene, 10.0)[1] == 'chunk:stale'
