"""Planned moves: home and retreat, jerk-limited, resumed after a pause."""

from typing import Any

import numpy as np
import pytest

from vla_control.moves.move import JointLimitShare, JointMove, LiftMove, MoveError
from vla_core.records.action import Source
from vla_core.records.safety import Decision
from vla_core.records.task import Phase

MRAD = 1e-3


def away(bench: Any) -> None:
    """Move the arm away from home."""
    offset = np.resize([0.4, -0.3, 0.3, 0.2, -0.3, 0.5], len(bench.q))
    bench.controller.servo.reset(bench.q + offset)
    bench.q = bench.q + offset


def test_homing_reaches_home_within_a_milliradian_and_every_limit(either: Any) -> None:
    away(either)
    either.phase(Phase.HOMING)
    targets = either.play(6.0)
    assert either.q == pytest.approx(either.robot.home, abs=MRAD)
    assert either.controller.state(either.now).move_done
    assert either.controller.state(either.now).at_home
    assert targets[0].source == Source.PLANNER
    share = either.controller.params.move_share
    either.assert_smooth(share=share * 1.02)


def test_the_tool_keeps_its_speed_on_the_way_home(either: Any) -> None:
    away(either)
    either.phase(Phase.HOMING)
    tools = [either.model.fk(t.position)[:3, 3] for t in either.play(6.0)]
    speed = np.linalg.norm(np.diff(tools, axis=0), axis=1) / 0.01
    assert speed.max() <= 0.25


def test_a_move_is_not_done_before_it_arrives(bench: Any) -> None:
    away(bench)
    assert not bench.controller.state(bench.now).move_done
    bench.phase(Phase.HOMING)
    bench.play(0.3)
    state = bench.controller.state(bench.now)
    assert state.moving
    assert not state.move_done
    assert state.phase == Phase.HOMING


def test_done_is_about_the_present_phase(bench: Any) -> None:
    bench.phase(Phase.HOMING)
    bench.play(0.2)
    assert bench.controller.state(bench.now).move_done
    bench.phase(Phase.RETREAT)
    assert not bench.controller.state(bench.now).move_done


def test_retreat_lifts_the_tool_straight_up(either: Any) -> None:
    start = either.model.fk(either.q)
    either.phase(Phase.RETREAT)
    targets = either.play(3.0)
    lift = either.controller.params.lift_height
    tools = np.array([either.model.fk(t.position)[:3, 3] for t in targets])
    assert tools[-1] - start[:3, 3] == pytest.approx([0.0, 0.0, lift], abs=1e-3)
    assert np.abs(tools[:, :2] - start[:2, 3]).max() <= 1e-3
    assert np.all(np.diff(tools[:, 2]) >= -1e-6)
    assert either.model.fk(either.q)[:3, :3] == pytest.approx(start[:3, :3], abs=2e-3)
    assert either.controller.state(either.now).move_done
    either.assert_smooth()


def test_a_retreat_from_full_motion_brakes_first_and_then_lifts(bench: Any) -> None:
    bench.phase(Phase.RUNNING)
    bench.send(np.linspace(0.0, 0.1, 16)[:, None] * np.eye(6)[0])
    bench.play(0.4)
    bench.phase(Phase.RETREAT)
    height = bench.tool[2]
    bench.play(2.5)
    assert bench.tool[2] - height == pytest.approx(0.12, abs=5e-3)
    bench.assert_smooth()


@pytest.mark.parametrize('phase', [Phase.HOMING, Phase.RETREAT])
def test_a_move_that_was_held_is_completed(bench: Any, phase: Phase) -> None:
    away(bench)
    top = bench.tool[2] + bench.controller.params.lift_height
    bench.phase(phase)
    bench.decision = Decision.PASS
    bench.play(0.5)
    bench.decision, bench.is_stuck = Decision.HOLD, True
    bench.play(0.7)
    bench.decision, bench.is_stuck = Decision.PASS, False
    bench.play(6.0)
    assert bench.controller.state(bench.now).move_done
    if phase == Phase.RETREAT:
        assert bench.tool[2] == pytest.approx(top, abs=2e-3)
    else:
        assert bench.q == pytest.approx(bench.robot.home, abs=MRAD)
    bench.assert_smooth()


def test_a_plan_from_nan_is_an_error_that_names_it(bench: Any) -> None:
    limits = JointLimitShare(bench.model.limits, 0.5, 0.25)
    nowhere = (np.full(6, np.nan), np.zeros(6), np.zeros(6))
    with pytest.raises(MoveError, match='nan'):
        JointMove(nowhere, bench.robot.home, bench.model, limits)


def test_a_lift_starts_and_ends_at_rest() -> None:
    lift = LiftMove(np.eye(4), 0.12, 0.15)
    heights = np.array([lift.at(t)[2, 3] for t in np.arange(-0.1, lift.duration + 0.1, 0.01)])
    assert heights[0] == 0.0
    assert heights[-1] == pytest.approx(0.12)
    speed = np.diff(heights) / 0.01
    assert speed[0] == pytest.approx(0.0)
    assert speed[-1] == pytest.approx(0.0, abs=1e-9)
    assert speed.max() <= 0.15 + 1e-9
