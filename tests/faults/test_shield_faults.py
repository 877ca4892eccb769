"""Each fault at the shield ends in a stop within its bound (ids of research/runtime.md, 5.2)."""

import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / 'unit' / 'shield'))
from rig import DT, Rig, violations

from vla_core.records.action import Source
from vla_core.records.safety import ArmState, Decision, Level
from vla_core.records.sensing import JointState
from vla_shield import node
from vla_shield.node import ShieldNode

STOPS = (Decision.HOLD, Decision.BRAKE, Decision.REJECTED)


@pytest.fixture
def moving():
    """A rig whose arm is under way to a far goal."""
    rig = Rig().armed()
    rig.goal = rig.home + np.array([0.8, 0.0, 0.0, 0.0, 0.0, 0.4])
    for _ in range(40):
        rig.step(rig.target(rig.goal))
    assert np.abs(rig.speed).max() > 0.1
    return rig


def run(rig, seconds, target=lambda rig: rig.target(rig.goal), each=lambda rig: None):
    """Decisions of each cycle with the time since the fault; checks every output."""
    decisions, begin = [], rig.now
    while rig.now < begin + seconds - 1e-9:
        each(rig)
        out = rig.step(target(rig) if target else None)
        assert violations(rig) == []
        decisions.append((round(rig.now - begin, 3), out.report.decision))
    return decisions


def first(decisions, wanted):
    return next((t for t, d in decisions if d in wanted), float('inf'))


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf, 1e300, 1e3])
@pytest.mark.parametrize('field', ['position', 'velocity', 'one position', 'gripper'])
def test_f1_a_target_with_a_broken_number_brakes_in_the_same_cycle(moving, value, field):
    speed = np.abs(moving.speed).max()
    target = moving.target(moving.goal)
    if field == 'gripper':
        target = replace(target, gripper=value)
    elif field == 'one position':
        target = replace(target, position=np.r_[moving.goal[:5], value])
    else:
        target = replace(target, **{field: np.full(6, value)})
    assert moving.step(target).report.decision == Decision.REJECTED
    moving.step(replace(target, stamp=moving.now + DT))
    assert np.abs(moving.speed).max() < speed
    assert violations(moving) == []


def test_f1_a_good_target_in_the_same_cycle_does_not_hide_a_broken_one(moving):
    broken = replace(moving.target(moving.goal), position=np.full(6, np.nan))
    moving.shield.on_target(broken, moving.now)
    assert moving.step(moving.target(moving.goal)).report.decision == Decision.REJECTED
    for _ in range(3):
        out = moving.step(moving.target(moving.goal))
    assert out.report.decision in (Decision.PASS, Decision.CLIPPED)


def test_f9_a_target_that_comes_twice_or_late_is_rejected(moving):
    target = moving.target(moving.goal)
    assert moving.step(target).report.decision in (Decision.PASS, Decision.CLIPPED)
    assert 'duplicate' in moving.step(target).report.reason
    moving.step(moving.target(moving.goal))
    older = replace(moving.target(moving.goal), stamp=target.stamp - DT)
    out = moving.step(older)
    assert out.report.decision == Decision.REJECTED
    assert 'older' in out.report.reason


def test_f1_a_message_that_is_no_target_at_all_brakes_in_the_same_cycle(moving):
    moving.shield.inputs.refuse_target('position, velocity and names differ in length')
    report = moving.step(moving.target(moving.goal)).report
    assert report.decision == Decision.REJECTED
    assert report.reason == 'position, velocity and names differ in length'


def test_f1_joints_that_are_no_numbers_brake_in_the_same_cycle_even_beside_good_ones(moving):
    moving.shield.inputs.refuse_joints('position is not finite')
    report = moving.step(moving.target(moving.goal)).report
    assert (report.decision, report.reason) == (Decision.BRAKE, 'position is not finite')
    assert moving.step(moving.target(moving.goal)).report.decision not in STOPS


def test_f1_fingers_that_are_no_number_brake_too(moving):
    names = (*moving.robot.joint_names, moving.robot.gripper.joint)
    moving.sense = lambda: moving.shield.on_joints(
        JointState(moving.now, names, np.r_[moving.q, np.nan], np.r_[moving.v, 0.0]), moving.now
    )
    out = moving.step(moving.target(moving.goal))
    assert (out.report.decision, out.report.reason) == (
        Decision.BRAKE, f'position of {moving.robot.gripper.joint} is not finite',
    )  # fmt: skip
    assert np.isfinite(out.gripper.position).all()


def test_f2_a_target_that_ceases_holds_within_100_ms(moving):
    decisions = run(moving, 0.5, target=None)
    assert first(decisions, STOPS) <= 0.12
    assert not moving.speed.any()


def test_f4_after_a_pause_of_the_shield_the_command_does_not_jump(moving):
    before = moving.commands[-1]
    stop = moving.out.arm.position[-1]
    moving.now += 0.2
    out = moving.step(moving.target(moving.goal))
    assert np.all(
        np.abs(out.arm.position[out.arm.next_row] - before) <= np.abs(stop - before) + 1e-3
    )
    assert np.abs(out.arm.velocity[out.arm.next_row]).max() < 0.1


def test_f5_silent_joint_states_brake_within_70_ms(moving):
    moving.are_joints_silent = True
    decisions = run(moving, 0.5)
    assert first(decisions, (Decision.BRAKE,)) <= 0.07
    assert not moving.speed.any()


def test_f6_joint_states_frozen_with_fresh_stamps_hold_within_250_ms(moving):
    q, v = moving.q.copy(), moving.v.copy()

    def freeze(rig):
        rig.q, rig.v = q, v

    decisions = run(moving, 0.6, each=freeze)
    assert first(decisions, STOPS) <= 0.25
    assert 'joint states do not change' in moving.out.report.reason or decisions[-1][1] in STOPS


@pytest.mark.parametrize('stamp', [-0.3, 0.0, 1.0, np.nan, np.inf])
def test_f9_a_target_late_doubled_or_from_the_future_is_not_followed(moving, stamp):
    last = moving.now  # stamp of the newest target is that of the last step
    target = replace(moving.target(moving.goal), stamp=last + stamp)
    assert moving.step(target).report.decision in STOPS


def test_f9_a_chunk_from_an_old_observation_is_not_followed(moving):
    def old(rig):
        return replace(rig.target(rig.goal), chunk_seq=3, chunk_stamp=rig.now - 10.0)

    assert run(moving, 0.02, target=old)[-1][1] == Decision.HOLD


@pytest.mark.parametrize('jump', [-5.0, 5.0])
def test_f10_a_jump_of_the_clock_holds_and_does_not_move_the_command(moving, jump):
    before, stop = moving.commands[-1], moving.out.arm.position[-1]
    moving.now += jump
    moving.are_joints_silent = True
    moving.silent_voters = set(moving.params.required_voters)
    out = moving.step(None)
    assert out.report.decision in STOPS
    assert np.all(
        np.abs(out.arm.position[out.arm.next_row :] - before) <= np.abs(stop - before) + 1e-9
    )


def test_f10_after_a_jump_back_old_inputs_are_gone(moving):
    moving.now -= 5.0
    moving.silent_voters = set(moving.params.required_voters)
    out = moving.step(moving.target(moving.goal))
    assert out.report.decision in STOPS
    assert out.report.ages['vote:policy'] == float('inf')


@pytest.mark.parametrize('voter', ['grounding', 'policy', 'supervisor'])
def test_f11_each_required_voter_that_goes_silent_holds(moving, voter):
    moving.silent_voters = {voter}
    decisions = run(moving, 0.6)
    assert first(decisions, (Decision.HOLD,)) <= 0.32
    assert voter in moving.out.report.reason
    assert not moving.speed.any()


def test_f14_disarming_while_moving_brakes_first(moving):
    moving.shield.disarm(moving.now)
    speeds, begin = [], moving.now
    while moving.shield.state == ArmState.ARMED:
        moving.step(moving.target(moving.goal))
        speeds.append(np.abs(moving.speed).max())
    assert 0.02 < moving.now - begin < 0.6
    assert speeds[0] > 0.0
    assert speeds[-1] == 0.0
    assert moving.step(moving.target(moving.goal)).arm is None


def test_f15_permuted_joints_are_followed_and_missing_ones_rejected(moving):
    names = moving.robot.joint_names
    turned = replace(
        moving.target(moving.goal),
        names=names[::-1],
        position=moving.goal[::-1],
        velocity=np.zeros(6),
    )
    assert moving.step(turned).report.decision not in STOPS
    short = replace(
        moving.target(moving.goal), names=names[:5], position=moving.goal[:5], velocity=np.zeros(5)
    )
    assert moving.step(short).report.decision == Decision.REJECTED


@pytest.mark.parametrize('joint', range(6))
@pytest.mark.parametrize('way', [-1.0, 1.0])
def test_f16_at_full_speed_towards_a_limit_the_arm_stops_before_its_margin(joint, way):
    rig = Rig(tcp_speed=1.0, link_speed=1.5)
    limits, edge = rig.robot.limits, rig.params.joint_margin
    rig.home[joint] = (limits.upper if way > 0 else limits.lower)[joint] - way * 1.0
    rig.q = rig.home.copy()
    rig.armed()
    goal = rig.home + way * 2.0 * np.eye(6)[joint]
    for _ in range(150):
        rig.step(rig.target(goal))
        assert rig.robot.limits.within(rig.commands[-1], edge - 1e-6)
        assert violations(rig) == []


def test_stop_latches_until_reset_and_reset_leaves_it_disarmed(moving):
    moving.step(moving.target(moving.goal), moving.vote('supervisor', level=Level.STOP, seq=10**6))
    assert moving.shield.state == ArmState.LATCHED
    assert 'braking' in moving.shield.reset(moving.now)
    moving.seq = 10**6
    run(moving, 0.5)
    assert not moving.speed.any()
    assert moving.out.report.state == ArmState.LATCHED
    assert moving.shield.arm(moving.now) != ''
    assert moving.shield.reset(moving.now) == ''
    assert moving.shield.state == ArmState.DISARMED


def stop_vote(rig):
    stamp = rig.now + 1.5 * DT
    return rig.vote('supervisor', level=Level.STOP, seq=10**6, stamp=stamp)


def test_a_stop_that_comes_while_it_is_being_disarmed_latches_all_the_same(moving):
    moving.shield.disarm(moving.now)
    moving.step(moving.target(moving.goal), stop_vote(moving))
    moving.seq = 10**6
    run(moving, 0.5)
    assert moving.shield.state == ArmState.LATCHED
    assert moving.shield.reset(moving.now) == ''
    assert moving.shield.arm(moving.now) == ''


def test_a_stop_that_comes_while_disarmed_is_taken_back_by_reset_and_not_by_arming():
    rig = Rig()
    rig.sense()
    rig.step(None, stop_vote(rig))
    assert 'STOP' in rig.shield.reset(rig.now)
    rig.seq = 10**6
    for _ in range(3):
        rig.step()
    assert 'STOP' in rig.shield.arm(rig.now)
    assert rig.shield.reset(rig.now) == ''
    assert rig.shield.arm(rig.now) == ''


def test_the_gripper_stands_still_while_the_arm_is_held(moving):
    for _ in range(30):
        moving.step(replace(moving.target(moving.goal), gripper=0.02))
    grip = moving.out.gripper.position[0, 0]
    moving.silent_voters = {'policy'}
    run(moving, 0.5, target=lambda rig: replace(rig.target(rig.goal), gripper=0.02))
    held = moving.out.gripper.position[0, 0]
    run(moving, 0.3, target=lambda rig: replace(rig.target(rig.goal), gripper=0.08))
    assert held < grip
    assert moving.out.gripper.position[0, 0] == held


def test_a_policy_without_a_scene_is_held(moving):
    target = replace(moving.target(moving.goal), source=Source.POLICY)
    assert moving.step(target).report.decision == Decision.HOLD


@pytest.mark.parametrize('missing', ['joints', 'votes', 'stillness'])
def test_arming_needs_fresh_joints_all_votes_and_a_still_robot(missing):
    rig = Rig()
    rig.are_joints_silent = missing == 'joints'
    rig.silent_voters = {'policy'} if missing == 'votes' else set()
    rig.v = rig.v + (0.5 if missing == 'stillness' else 0.0)
    rig.sense()
    assert rig.shield.arm(rig.now) != ''
    assert rig.shield.state == ArmState.DISARMED
    assert rig.step(rig.target(rig.home)).arm is None


def test_three_late_cycles_slow_the_arm_and_a_long_one_holds_it(moving):
    for _ in range(3):
        moving.shield.record_cycle(16.0, 10.0)
    assert moving.step(moving.target(moving.goal)).report.speed_scale == 0.5
    moving.shield.record_cycle(1.0, 51.0)
    assert moving.step(moving.target(moving.goal)).report.decision == Decision.HOLD


def test_an_arm_that_is_held_back_is_not_pulled_ever_harder(moving):
    stuck = moving.q.copy()

    def hold(rig):
        rig.q, rig.v = stuck + 1e-6 * np.sin(1e3 * rig.now), np.zeros(6)

    run(moving, 2.0, each=hold)
    limit = moving.params.tracking_limit
    assert np.abs(moving.commands[-1] - stuck).max() <= limit + 0.1


def stopped_on_the_way(moving, seconds, roll_back):
    """The last command that went out, and the first after a cycle in which the process stood still
    for `seconds` before it had sent its own."""
    last = moving.out.arm
    moving.now += DT
    moving.sense()
    moving.shield.on_target(moving.target(moving.q + 0.5), moving.now)
    moving.shield.tick(moving.now)
    moving.now += seconds
    if roll_back:
        moving.shield.roll_back()
    return last, moving.shield.tick(moving.now).arm


def test_f4_a_command_that_was_not_sent_is_taken_back(moving):
    last, first = stopped_on_the_way(moving, 0.2, roll_back=True)
    assert np.abs(first.position[first.next_row] - last.position[-1]).max() <= 1e-9


def test_f4_what_was_not_sent_and_not_taken_back_is_a_jump(moving):
    last, first = stopped_on_the_way(moving, 0.2, roll_back=False)
    assert np.abs(first.position[first.next_row] - last.position[-1]).max() > 1e-4


@pytest.mark.parametrize(('seconds', 'ticks'), [(0.002, 1), (0.2, 2)])
def test_f4_the_node_sends_nothing_that_is_late(seconds, ticks, monkeypatch):
    times, told = iter([1.0, 1.0 + seconds]), []
    steady = iter([9.0, 9.0 + seconds, 10.0])
    monkeypatch.setattr(node.time, 'monotonic', lambda: next(steady))

    def cycle(now):
        told.append(('tick', now))
        return SimpleNamespace(report=SimpleNamespace(stamp=now))

    class Node:
        tick, last_began, began, ticks = ShieldNode.tick, 0.0, 0.0, 0
        now = property(lambda self: next(times))
        read_clock = staticmethod(lambda: told.append(('time', None)))
        leases = SimpleNamespace(due=lambda now: None)
        idle = SimpleNamespace(disarms=lambda shield, now: False)
        send = staticmethod(lambda output: told.append(('sent', output.report.stamp)))
        shield = SimpleNamespace(
            tick=cycle,
            roll_back=lambda: told.append(('back', None)),
            record_cycle=lambda work, period: None,
            state=ArmState.ARMED,
        )

    Node().tick()
    assert [what for what, _ in told].count('tick') == ticks
    assert [what for what, _ in told].count('back') == ticks - 1
    assert [what for what, _ in told].count('time') == ticks - 1
    assert told[-1] == ('sent', 1.0 if ticks == 1 else 1.2)
