"""Seams between chunks that arrive late, not at all, twice or in the wrong order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vla_bench.seams.shielded import ShieldedRig
from vla_bench.seams.trial import (
    CONDITIONS,
    PERIOD,
    Condition,
    ControlRig,
    SeamTrace,
    SeamTrial,
    jump_beyond_limits,
    step_change,
)
from vla_core.records.action import Space

BOUND = 0.002  # rad, of the requirement


def assert_no_jump(rig: ControlRig, trace: SeamTrace) -> None:
    limits = rig.robot.limits
    assert jump_beyond_limits(trace, limits.velocity) <= BOUND
    assert step_change(trace.position) <= BOUND
    steps = np.abs(np.diff(np.array(trace.position), 2, axis=0))
    assert np.all(steps <= limits.acceleration * PERIOD**2)


@pytest.mark.parametrize('condition', CONDITIONS, ids=lambda c: c.name)
@pytest.mark.parametrize(
    ('robot', 'space'), [('ur5e', Space.EE_DELTA), ('fr3', Space.JOINT_POSITION)]
)
def test_no_seam_jumps(robot: str, space: Space, condition: Condition, seed: int) -> None:
    rig = ControlRig(SeamTrial(robot, space, condition, seed, duration=1.5))
    trace = rig.run()
    assert sum(trace.seam) >= 1
    assert_no_jump(rig, trace)


@settings(max_examples=6, deadline=None)
@given(
    every=st.sampled_from([0.05, 0.1, 0.3]),
    delays=st.tuples(st.floats(0.0, 0.5), st.floats(0.5, 0.99)),
    lost=st.floats(0.0, 0.9),
    twice=st.floats(0.0, 1.0),
    held=st.floats(0.0, 5.0),
    error=st.floats(0.0, 0.1),
    seed=st.integers(0, 10**6),
)
def test_no_seam_jumps_for_any_delivery(
    every: float,
    delays: tuple[float, float],
    lost: float,
    twice: float,
    held: float,
    error: float,
    seed: int,
) -> None:
    condition = Condition('drawn', every, delays, lost, twice, held)
    rig = ControlRig(SeamTrial('fr3', Space.EE_POSE, condition, seed, duration=1.0, error=error))
    assert_no_jump(rig, rig.run())


def test_the_metric_detects_a_jump() -> None:
    trace = SeamTrace(position=[np.zeros(1), np.array([0.01]), np.array([0.05])])
    assert jump_beyond_limits(trace, np.array([2.0])) == pytest.approx(0.02)
    assert step_change(trace.position) == pytest.approx(0.03)


def test_without_blending_the_same_chunks_would_jump() -> None:
    rig = ControlRig(SeamTrial('ur5e', Space.JOINT_POSITION, CONDITIONS[2], seed=0))
    unblended = SeamTrace(position=rig.run().unblended)
    assert jump_beyond_limits(unblended, rig.robot.limits.velocity) > 5 * BOUND


@pytest.mark.parametrize('space', [Space.EE_DELTA, Space.EE_POSE, Space.JOINT_POSITION])
def test_exact_chunks_are_one_motion(space: Space) -> None:
    rig = ControlRig(SeamTrial('fr3', space, CONDITIONS[0], seed=1, duration=3.0, error=0.0))
    trace = rig.run()
    reference = rig.reference.at(np.array(trace.time))
    if space == Space.JOINT_POSITION:
        miss = np.abs(np.array(trace.position) - rig.robot.home - reference).max(axis=1)
        assert miss[150:].max() <= 1e-3
        return
    tools = np.array([rig.model.fk(q)[:3, 3] for q in trace.position])
    miss = np.linalg.norm(tools - rig.home_pose[:3, 3] - reference[:, :3], axis=1)
    lag = 0.0 if space == Space.EE_POSE else 0.01  # m, EE_DELTA commands ahead of the arm's lag
    assert miss[150:].max() <= 1e-3 + lag


@pytest.mark.parametrize('robot', ['ur5e', 'fr3'])
def test_the_shield_passes_what_control_makes_of_chunks_that_disagree(robot: str) -> None:
    rig = ShieldedRig(SeamTrial(robot, Space.EE_DELTA, CONDITIONS[0], 3, 2.0, error=0.003))
    rig.run()
    assert np.mean(rig.passed) >= 0.98
