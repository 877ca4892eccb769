"""Faults of the running world."""

import numpy as np
import pytest

from vla_core.errors import UserError
from vla_core.records.scene import Role
from vla_sim.faults.kinds import Fault, FaultKind, parse_fault


def test_a_fault_is_read_from_its_name_and_value():
    assert parse_fault('slippery=0.1') == Fault(FaultKind.SLIPPERY, 0.1)
    assert parse_fault('payload').amount == 2.0


def test_an_unknown_fault_lists_the_known_ones():
    with pytest.raises(
        UserError, match=r"unknown fault 'ghost'; known: none, slippery, move_target"
    ):
        parse_fault('ghost')
    with pytest.raises(UserError, match='not a number'):
        parse_fault('slippery=wet')


@pytest.fixture
def running(world):
    world.reset('put_in', 5, distractors=1)
    return world


def inject(world, text):
    world.inject(parse_fault(text))


def test_frozen_joints_keep_their_old_stamp(running):
    inject(running, 'joint_freeze')
    first = running.joint_state()
    running.step()
    assert running.joint_state().stamp == first.stamp < running.time
    inject(running, 'none')
    assert running.joint_state().stamp == running.time


def test_stuck_joints_say_the_same_under_fresh_stamps(running):
    inject(running, 'joint_stuck')
    first = running.joint_state()
    running.data.qpos[:] += 0.01
    running.step()
    later = running.joint_state()
    assert later.stamp == running.time > first.stamp
    assert np.array_equal(later.position, first.position)


def test_a_stuck_gripper_stays_open_until_it_is_mended(running):
    from vla_core.records.action import Trajectory

    close = Trajectory(0.0, (running.robot.gripper.joint,), [0.1], [[0.0]], [[0.0]])

    def opening():
        assert running.command_gripper(close) == ''
        for _ in range(500):
            running.step()
        return running.joint_state().position[-1]

    before = running.joint_state().position[-1]
    inject(running, 'gripper_stuck')
    assert opening() == pytest.approx(before, abs=1e-3)
    inject(running, 'none')
    assert opening() < 0.2 * before


def test_joints_can_fall_silent_until_the_fault_is_mended(running):
    assert not running.faults.is_joint_state_lost
    inject(running, 'joint_silence')
    assert running.faults.is_joint_state_lost
    inject(running, 'none')
    assert not running.faults.is_joint_state_lost


def test_joints_can_be_nan(running):
    inject(running, 'joint_nan')
    assert np.isnan(running.joint_state().position).all()


def test_the_target_jumps_and_wakes_up(running):
    target = running.episode.by_role(Role.TARGET)
    for _ in range(300):
        running.step()
    before = running.data.body(target.name).xpos.copy()
    inject(running, 'move_target=0.05')
    for _ in range(10):
        running.step()
    moved = running.data.body(target.name).xpos - before
    assert np.linalg.norm(moved) == pytest.approx(0.05, abs=2e-3)


def test_the_target_can_vanish(running):
    inject(running, 'remove_target')
    assert running.data.body(running.episode.by_role(Role.TARGET).name).xpos[0] > 5.0


def test_a_lost_command_is_accepted_and_not_followed(running):
    from vla_core.records.action import Trajectory

    inject(running, 'command_loss')
    away = running.robot.home + 0.1
    ramp = Trajectory(0.0, running.robot.joint_names, [0.1], [away], [np.zeros(len(away))])
    assert running.command(ramp) == ''
    for _ in range(100):
        running.step()
    assert running.joint_state().position[:-2] == pytest.approx(running.robot.home, abs=1e-6)


def test_a_payload_bends_the_arm_and_mending_straightens_it(running):
    free = running.base_from_tcp()[2, 3]
    inject(running, 'payload=5')
    for _ in range(200):
        running.step()
    assert 1e-5 < free - running.base_from_tcp()[2, 3] < 0.02
    inject(running, 'none')
    for _ in range(200):
        running.step()
    assert running.base_from_tcp()[2, 3] == pytest.approx(free, abs=1e-6)


def test_a_fault_that_needs_a_target_says_so(world):
    world.reset('put_in', 5, absent=True)
    with pytest.raises(UserError, match='needs a target'):
        inject(world, 'move_target')
