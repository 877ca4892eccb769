"""Invalid chunks are refused, each with its reason."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vla_core.records.action import EE_NAMES, Mode, Source, Space
from vla_core.records.task import Phase

OPENING = 0.05  # m, that the bench measures
ROWS = np.linspace(0.0, 0.03, 8)[:, None] * np.ones(6) / 3
NAN_ROWS = np.where(np.arange(48).reshape(8, 6) == 17, np.nan, ROWS)

CASES = {
    'values are not finite': {'rows': NAN_ROWS},
    'not finite ': {'rows': np.full((8, 6), np.inf)},
    'step is': {'step': 0.0},
    'step is 1.0': {'step': 1.0},
    'step is nan': {'step': float('nan')},
    'is for task': {'task_id': 'another'},
    'BASE_TWIST': {'space': Space.BASE_TWIST},
    'missing': {'names': ('x', 'y', 'z', 'rx', 'ry', 'wrong')},
    'duplicate': {'names': ('x', 'y', 'z', 'rx', 'ry', 'ry')},
    'shape': {'names': EE_NAMES[:5]},
    'rows of': {'rows': np.zeros((0, 6))},
    'observation is -0.5': {'stamp': 1.5, 'start': 1.5},
    'observation is 1.1': {'stamp': -0.1, 'start': -0.1},
    'observation is nan': {'stamp': float('nan')},
    'row 0 is': {'start': 9.0},
    'row 0 is nan': {'start': float('nan')},
    'run out': {'stamp': 0.2, 'start': 0.2, 'step': 0.01},
    'no joint states around': {'stamp': 0.3, 'start': 0.9},
}


@pytest.fixture
def running(bench: Any) -> Any:
    bench.now = 0.39
    bench.phase(Phase.RUNNING)
    bench.play(0.61)
    return bench


@pytest.mark.parametrize('reason', CASES)
def test_an_invalid_chunk_is_refused_with_a_reason_and_nothing_moves(
    running: Any, reason: str
) -> None:
    changes = dict(CASES[reason])
    rows = changes.pop('rows', ROWS)
    before = running.targets[-1].position
    refusal = running.send(rows, **changes)
    assert reason.strip() in refusal
    assert running.controller.state(running.now).reason == refusal
    targets = running.play(0.3)
    assert all(t.source == Source.NONE for t in targets)
    assert np.array_equal(targets[-1].position, before)


def test_a_valid_chunk_is_accepted_and_clears_the_reason(running: Any) -> None:
    assert running.send(NAN_ROWS) != ''
    assert running.send(ROWS) == ''
    assert running.controller.state(running.now).reason == ''


@pytest.mark.parametrize('phase', [p for p in Phase if p != Phase.RUNNING])
def test_chunks_are_refused_in_every_phase_but_running(running: Any, phase: Phase) -> None:
    running.phase(phase)
    assert phase.name in running.send(ROWS)


def test_the_same_or_an_older_chunk_is_refused(running: Any) -> None:
    older, newer = running.chunk(ROWS), running.chunk(ROWS)
    assert running.controller.on_chunk(newer, running.now) == ''
    assert 'not newer' in running.controller.on_chunk(newer, running.now)
    assert 'not newer' in running.controller.on_chunk(older, running.now)


def test_a_new_task_counts_from_the_beginning(running: Any) -> None:
    assert running.send(ROWS, seq=100) == ''
    running.phase(Phase.RUNNING, task='next')
    assert running.send(ROWS, seq=0, task_id='next') == ''


def test_a_retry_of_the_task_continues_counting(running: Any) -> None:
    assert running.send(ROWS, seq=100) == ''
    running.phase(Phase.RETREAT)
    running.phase(Phase.RUNNING)
    assert 'not newer' in running.send(ROWS, seq=5)


def test_a_policy_that_was_restarted_in_the_task_may_count_anew(running: Any) -> None:
    assert running.send(ROWS, seq=100) == ''
    running.play(0.5)
    assert 'not newer' in running.send(ROWS, seq=1)
    running.play(1.0)
    assert running.send(ROWS, seq=1) == ''
    assert 'not newer' in running.send(ROWS, seq=1)


def test_joint_columns_must_be_the_robots(running: Any) -> None:
    names = (*running.robot.joint_names[:5], 'elbw_joint')
    refusal = running.send(ROWS, space=Space.JOINT_POSITION, names=names)
    assert 'elbw_joint' in refusal
    assert 'wrist_3_joint' in refusal


def test_a_hold_chunk_stops_the_motion(running: Any) -> None:
    running.send(ROWS)
    running.play(0.2)
    assert running.send(ROWS, mode=Mode.HOLD) == ''
    targets = running.play(0.5)
    assert targets[-1].source == Source.NONE
    assert not targets[-1].velocity.any()


@pytest.mark.parametrize('huge', [2e3, 1.34e154, -1e300])
def test_a_value_beyond_any_motion_is_refused(running: Any, huge: float) -> None:
    rows = ROWS.copy()
    rows[-1, 5] = huge
    assert 'corrupt' in running.send(rows)
    assert all(np.isfinite(target.position).all() for target in running.play(0.1))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    values=st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=12, max_size=12),
    step=st.floats(allow_nan=True, allow_infinity=True),
    lag=st.floats(allow_nan=True, allow_infinity=True),
)
def test_the_target_is_finite_and_smooth_for_every_chunk(
    running: Any, values: list[float], step: float, lag: float
) -> None:
    chunk = running.chunk(np.array(values).reshape(2, 6))
    chunk = replace(chunk, step=step, start=running.now - lag, stamp=running.now - lag)
    running.controller.on_chunk(chunk, running.now)
    for target in running.play(0.1):
        assert np.all(np.isfinite(target.position))
        assert np.all(np.isfinite(target.velocity))
        assert np.isfinite(target.gripper)
    running.assert_smooth()


def test_a_rollback_chunk_moves_the_arm_and_no_finger(running):
    rows = np.hstack([ROWS, np.full((len(ROWS), 1), 0.08)])
    assert running.send(rows, mode=Mode.ROLLBACK) == ''
    targets = running.play(0.4)
    assert np.abs(targets[-1].position - targets[0].position).max() > 1e-3
    assert {target.gripper for target in targets} == {OPENING}


def test_an_advance_chunk_discards_the_last_one(running):
    ahead = np.linspace(0.0, 0.08, 16)[:, None] * np.array([1.0, 0, 0, 0, 0, 0])
    running.send(ahead)
    running.play(0.3)
    player = running.controller.player
    assert running.send(-ahead, mode=Mode.ADVANCE) == ''
    assert len(player.blend._layers) == 2  # the current command, and the new chunk
    running.play(1.5)
    running.assert_smooth()
