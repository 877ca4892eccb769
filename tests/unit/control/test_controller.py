"""The controller: what it executes, when it holds, and how it resumes after a pause."""

from typing import Any

import numpy as np
import pytest

from vla_core.records.action import EE_NAMES, Contact, Source, Space
from vla_core.records.safety import Decision
from vla_core.records.sensing import JointState
from vla_core.records.task import Phase

DT = 0.01  # s, of the bench
OPENING = 0.05  # m, that the bench measures
AHEAD = np.linspace(0.0, 0.08, 16)[:, None] * np.array([1.0, 0, 0, 0, 0, 0])  # 8 cm in 0.75 s


def with_gripper(rows: np.ndarray, openings: np.ndarray) -> np.ndarray:
    return np.hstack([rows, np.asarray(openings)[:, None]])


def still(count: int = 16) -> np.ndarray:
    return np.zeros((count, 6))


def test_without_joint_states_there_is_no_target(bench: Any) -> None:
    fresh = type(bench.controller)(bench.controller.params, bench.robot)
    assert fresh.tick(0.0) is None


def test_without_a_task_it_holds_where_the_arm_is(bench: Any) -> None:
    for target in bench.play(0.5):
        assert target.source == Source.NONE
        assert target.position == pytest.approx(bench.robot.home)
        assert not target.velocity.any()
        assert target.gripper == pytest.approx(OPENING)
        assert target.names == bench.robot.joint_names


def test_a_delta_chunk_moves_the_tool_from_where_it_was_observed(either: Any) -> None:
    either.phase(Phase.RUNNING)
    start = either.tool
    assert either.send(AHEAD) == ''
    targets = either.play(1.0)
    assert either.tool - start == pytest.approx([0.08, 0.0, 0.0], abs=1e-3)
    assert targets[0].source == Source.POLICY
    assert targets[0].chunk_seq == 1
    either.assert_smooth()


def test_a_late_chunk_starts_in_its_middle(bench: Any) -> None:
    bench.phase(Phase.RUNNING)
    bench.send(still())
    bench.play(0.3)
    start = bench.tool
    late = bench.chunk(AHEAD / 2)
    bench.play(0.2)
    assert bench.controller.on_chunk(late, bench.now) == ''
    bench.play(0.35)
    due = 0.55 + bench.controller.params.lag
    assert (bench.tool - start)[0] == pytest.approx(0.04 * due / 0.75, abs=1e-3)
    state = bench.controller.state(bench.now)
    assert state.lateness == pytest.approx(0.2)
    assert state.executed_steps == pytest.approx(8, abs=1)


def test_the_first_chunk_starts_at_its_beginning_however_late(bench: Any) -> None:
    bench.phase(Phase.RUNNING)
    late = bench.chunk(AHEAD / 2)
    bench.play(0.5)
    start = bench.tool
    bench.controller.on_chunk(late, bench.now)
    bench.play(0.25)
    assert (bench.tool - start)[0] <= 0.04 * 0.3 / 0.75


def test_a_turn_is_about_the_axes_of_the_base(bench: Any) -> None:
    bench.phase(Phase.RUNNING)
    before = bench.model.fk(bench.q)[:3, :3]
    bench.send(np.linspace(0, 0.3, 16)[:, None] * np.array([0, 0, 0, 0, 0, 1.0]))
    bench.play(1.0)
    after = bench.model.fk(bench.q)[:3, :3]
    c, s = np.cos(0.3), np.sin(0.3)
    turned = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ before
    assert after == pytest.approx(turned, abs=2e-3)


def test_joint_columns_in_any_order_move_their_own_joint(either: Any) -> None:
    either.phase(Phase.RUNNING)
    offsets = 0.02 * np.arange(1, len(either.q) + 1)
    order = np.random.default_rng(1).permutation(len(offsets))
    rows = either.robot.home + np.linspace(0, 1, 16)[:, None] * offsets
    names = tuple(either.robot.joint_names[k] for k in order)
    chunk = either.chunk(still())
    chunk = type(chunk)(
        chunk.stamp, 'task', 'c', 9, Space.JOINT_POSITION, names, chunk.start, 0.05, rows[:, order]
    )
    assert either.controller.on_chunk(chunk, either.now) == ''
    either.play(1.2)
    assert either.q - either.robot.home == pytest.approx(offsets, abs=2e-3)


def test_a_circle_is_tracked_within_a_millimetre(either: Any) -> None:
    either.phase(Phase.RUNNING)
    centre = either.model.fk(either.q)
    misses = []

    def path(t: np.ndarray) -> np.ndarray:
        radius = 0.04 * np.clip(t / 1.0, 0, 1) ** 2 * (3 - 2 * np.clip(t / 1.0, 0, 1))
        return np.stack([radius * np.cos(3 * t), radius * np.sin(3 * t), 0 * t], axis=-1)

    def policy() -> None:
        if len(either.targets) % 20 == 0:
            offset = path(either.now + 0.05 * np.arange(16))
            turns = np.tile([np.pi, 0, 0], (16, 1))
            either.send(np.hstack([centre[:3, 3] + offset, turns]), space=Space.EE_POSE)
        if either.now > 1.5:
            wanted = centre[:3, 3] + path(np.array(either.now))
            misses.append(np.linalg.norm(either.tool - wanted))

    either.play(4.0, policy)
    assert max(misses) <= 1e-3
    either.assert_smooth()


def test_the_last_row_is_held_until_the_hold_limit(bench: Any) -> None:
    bench.phase(Phase.RUNNING)
    bench.send(AHEAD)
    targets = bench.play(2.0)
    sources = [target.source for target in targets]
    ends = sources.index(Source.NONE) * DT
    assert ends == pytest.approx(0.75 + 0.5, abs=0.02)
    assert all(source == Source.NONE for source in sources[sources.index(Source.NONE) :])
    assert not targets[-1].velocity.any()
    assert targets[-1].chunk_seq == -1
    bench.assert_smooth()


def test_a_short_chunk_is_held_no_longer_than_it_lasted(bench: Any) -> None:
    bench.phase(Phase.RUNNING)
    bench.send(AHEAD[:4] / 4)
    sources = [target.source for target in bench.play(1.0)]
    assert sources.index(Source.NONE) * DT == pytest.approx(0.15 + 0.2, abs=0.02)


def test_the_gripper_follows_the_newest_chunk_unblended_and_is_held(bench: Any) -> None:
    bench.phase(Phase.RUNNING)
    bench.send(with_gripper(still(), np.full(16, 0.08)))
    assert bench.step().gripper == pytest.approx(0.08)
    bench.send(with_gripper(still(), np.full(16, 0.01)))
    assert bench.step().gripper == pytest.approx(0.01)
    bench.phase(Phase.IDLE)
    assert all(t.gripper == pytest.approx(0.01) for t in bench.play(0.5))


@pytest.mark.parametrize('is_holding', [False, True])
def test_fingers_that_hold_nothing_yet_stop_closing_when_the_task_changes(
    bench: Any, is_holding: bool
) -> None:
    bench.phase(Phase.RUNNING)
    bench.send(with_gripper(still(), np.full(16, 0.0)))
    if is_holding:
        bench.play(0.1)
        assert bench.controller.contacts.contact == Contact.HOLDING
    else:
        for width in np.linspace(0.05, 0.035, 10):
            bench.opening = width
            bench.step()
        assert bench.controller.contacts.contact == Contact.NONE
    bench.phase(Phase.RETREAT, task='other')
    assert bench.step().gripper == pytest.approx(0.0 if is_holding else 0.035)


def test_the_gripper_row_is_the_one_that_has_begun(bench: Any) -> None:
    bench.phase(Phase.RUNNING)
    bench.send(with_gripper(still(4), np.array([0.08, 0.06, 0.02, 0.0])))
    openings = [t.gripper for t in bench.play(0.2)]
    assert openings[:4] == pytest.approx([0.08] * 4)
    assert openings[5:9] == pytest.approx([0.06] * 4)
    assert openings[-1] == pytest.approx(0.0)


def test_a_gripper_value_out_of_range_is_clipped(bench: Any) -> None:
    bench.phase(Phase.RUNNING)
    bench.send(with_gripper(still(), np.full(16, 5.0)))
    assert bench.step().gripper == bench.robot.gripper.open_width


def test_a_change_of_task_ends_the_motion_smoothly(bench: Any) -> None:
    bench.phase(Phase.RUNNING)
    bench.send(AHEAD)
    bench.play(0.3)
    bench.phase(Phase.RUNNING, task='other')
    targets = bench.play(1.0)
    assert all(target.source == Source.NONE for target in targets)
    assert not targets[-1].velocity.any()
    bench.assert_smooth()


def test_a_chunk_is_not_resumed_after_another_phase(bench: Any) -> None:
    bench.phase(Phase.RUNNING)
    bench.send(AHEAD)
    bench.play(0.1)
    bench.phase(Phase.GROUNDING)
    bench.play(0.05)
    bench.phase(Phase.RUNNING)
    assert all(target.source == Source.NONE for target in bench.play(0.3))


@pytest.mark.parametrize('length', [DT, 0.05, 0.6])
def test_motion_resumes_after_a_hold_without_a_jump(bench: Any, length: float) -> None:
    bench.phase(Phase.RUNNING)
    bench.decision = Decision.PASS
    bench.send(AHEAD)
    bench.play(0.3)
    bench.decision, bench.is_stuck = Decision.HOLD, True
    bench.play(length)
    bench.decision, bench.is_stuck = Decision.PASS, False
    bench.send(AHEAD)
    bench.play(1.0)
    bench.assert_smooth()


def test_while_held_the_command_converges_to_the_arm(bench: Any) -> None:
    bench.phase(Phase.RUNNING)
    bench.decision = Decision.PASS
    bench.send(AHEAD)
    bench.play(0.3)
    bench.decision, bench.is_stuck = Decision.HOLD, True
    targets = bench.play(1.0)
    assert targets[-1].position == pytest.approx(bench.q, abs=5e-3)
    assert np.abs(targets[-1].velocity).max() <= 1e-3
    assert targets[-1].source == Source.NONE


def test_rows_are_not_lost_while_the_shield_holds(bench: Any) -> None:
    bench.phase(Phase.RUNNING)
    bench.decision = Decision.PASS
    start = bench.tool
    bench.send(AHEAD)
    bench.play(0.2)
    bench.decision = Decision.HOLD
    bench.is_stuck = True
    bench.play(0.3)
    before = bench.controller.state(bench.now).executed_steps
    bench.decision, bench.is_stuck = Decision.PASS, False
    bench.play(0.05)
    assert bench.controller.state(bench.now).executed_steps - before <= 1
    bench.play(0.6)
    assert (bench.tool - start)[0] >= 0.06


@pytest.mark.parametrize(('speed', 'lead'), [(1, 0.1), (5, 0.2)])
def test_the_tracking_error_of_a_stuck_arm_is_bounded(
    bench: Any, speed: float, lead: float
) -> None:
    bench.phase(Phase.RUNNING)
    bench.decision = Decision.PASS
    bench.is_stuck = True

    def policy() -> None:
        if len(bench.targets) % 20 == 0:
            bench.send(speed * AHEAD)

    targets = bench.play(3.0, policy)
    assert np.abs(np.array([t.position for t in targets]) - bench.q).max() <= lead
    assert np.abs(targets[-1].velocity).max() <= 0.15
    bench.assert_smooth()


def test_a_slow_vote_slows_the_clock_and_keeps_the_path(bench: Any) -> None:
    bench.phase(Phase.RUNNING)
    bench.decision, bench.speed_scale = Decision.SLOWED, 0.5
    bench.play(0.3)
    start = bench.tool
    bench.send(AHEAD)
    tools = [bench.model.fk(t.position)[:3, 3] - start for t in bench.play(0.75)]
    assert tools[-1][0] == pytest.approx(0.04, abs=4e-3)
    assert np.abs(np.array(tools)[:, 1:]).max() <= 5e-4


@pytest.mark.parametrize('scale', [-1.0, 7.0, float('nan')])
def test_an_invalid_speed_scale_is_no_faster_than_the_clock(bench: Any, scale: float) -> None:
    bench.phase(Phase.RUNNING)
    bench.decision, bench.speed_scale = Decision.SLOWED, scale
    bench.send(AHEAD)
    bench.play(0.5)
    assert 0.0 <= bench.controller.speed_scaling.rate <= 1.0
    assert all(np.all(np.isfinite(t.position)) for t in bench.targets)


def test_a_disarmed_arm_that_is_moved_by_hand_is_where_control_starts(bench: Any) -> None:
    bench.phase(Phase.RUNNING)
    bench.decision, bench.is_stuck = Decision.DISARMED, True
    bench.play(0.1)
    bench.q = bench.q + 0.4
    assert bench.play(0.1)[-1].position == pytest.approx(bench.q)
    bench.decision, bench.is_stuck = Decision.PASS, False
    assert bench.play(0.3)[-1].position == pytest.approx(bench.q)


def test_control_holds_without_reports_of_the_shield(bench: Any) -> None:
    bench.phase(Phase.RUNNING)
    bench.decision = Decision.PASS
    bench.send(AHEAD)
    bench.play(0.2)
    bench.decision = None
    bench.play(0.25)
    bench.is_stuck = True
    assert bench.play(0.2)[-1].source == Source.NONE


def test_without_joint_states_the_motion_stops(bench: Any) -> None:
    bench.phase(Phase.RUNNING)
    bench.send(AHEAD)
    bench.play(0.3)
    bench.sense = lambda **changes: None
    targets = bench.play(0.6)
    assert targets[-1].source == Source.NONE
    assert not targets[-1].velocity.any()


def test_a_joint_state_that_is_not_finite_is_ignored(bench: Any) -> None:
    bench.sense(stamp=1.0, position=np.full(len(bench.q) + 1, np.nan))
    assert bench.play(0.1)[-1].position == pytest.approx(bench.robot.home)


def test_a_joint_state_with_a_part_of_the_arm_is_ignored_and_named(bench: Any) -> None:
    names = ('x', *bench.robot.joint_names[1:], bench.robot.gripper.joint)
    bench.sense(names=names, position=np.ones(len(names)))
    assert 'lacks shoulder_pan_joint' in bench.controller.merger.explain('no joint states')
    assert bench.play(0.1)[-1].position == pytest.approx(bench.robot.home)


def test_the_same_moment_twice_gives_the_same_target(bench: Any) -> None:
    bench.phase(Phase.RUNNING)
    bench.send(AHEAD)
    bench.play(0.3)
    again = bench.controller.tick(bench.now)
    assert again is not None
    assert np.array_equal(again.position, bench.targets[-1].position)


def test_a_clock_that_jumps_back_restarts_control(bench: Any) -> None:
    bench.phase(Phase.RUNNING)
    bench.now = 50.0
    bench.play(0.5)
    bench.now = 0.0
    bench.q = bench.robot.home + 0.1
    target = bench.step()
    assert target.source == Source.NONE
    assert target.position == pytest.approx(bench.robot.home + 0.1, abs=1e-6)


def test_ee_names_are_those_of_the_contract() -> None:
    assert EE_NAMES == ('x', 'y', 'z', 'rx', 'ry', 'rz', 'gripper')


def test_separate_joint_states_of_the_gripper_give_the_same_motion(bench: Any) -> None:
    def apart(bench: Any) -> None:
        arm, finger = bench.robot.joint_names, (bench.robot.gripper.joint,)
        for state in (
            JointState(bench.now + 0.003, finger, [bench.opening / 2], [np.nan]),
            JointState(bench.now, ('wheel',), [1.0], [1.0]),
            JointState(bench.now, arm, bench.q, bench.v),
        ):
            bench.controller.on_joints(state)

    split = type(bench)('ur5e')
    split.sense = lambda **changes: apart(split)
    for each in (bench, split):
        each.phase(Phase.RUNNING)
        each.send(AHEAD)
        each.play(0.4)
    assert split.targets[-1].position == pytest.approx(bench.targets[-1].position, abs=0)
    assert np.abs(split.q - split.robot.home).max() > 0.01
    assert split.controller.state(split.now).gripper == OPENING


def test_without_joint_states_of_the_arm_it_stops_although_those_of_the_gripper_arrive(
    bench: Any,
) -> None:
    bench.phase(Phase.RUNNING)
    bench.send(AHEAD)
    bench.play(0.3)
    finger = (bench.robot.gripper.joint,)
    bench.sense = lambda **changes: bench.controller.on_joints(
        JointState(bench.now, finger, [0.02], [0.0])
    )
    targets = bench.play(0.6)
    assert targets[-1].source == Source.NONE
    assert not targets[-1].velocity.any()
