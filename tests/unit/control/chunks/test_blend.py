"""Blending of overlapping chunks, in position and on the manifold of rotations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vla_control.chunks.blend import Blend, Layer
from vla_control.chunks.trajectory import JointTrajectory, PoseTrajectory
from vla_control.rotation_vectors import nearest_equivalent
from vla_core import geometry

WINDOW = 0.2  # s
AXIS = st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda a: np.linalg.norm(a) > 0.1)


def always(old: np.ndarray, new: np.ndarray) -> float:
    return WINDOW


def still_pose(rotation: np.ndarray, x: float = 0.0) -> PoseTrajectory:
    return PoseTrajectory(np.array([[x, 0.0, 0.0]]), rotation[None])


def spinning(axis: np.ndarray, start: float, rate: float) -> PoseTrajectory:
    """Return one pose per 0.1 s, turning about `axis` from `start` rad at `rate` rad/s."""
    angles = start + rate * 0.1 * np.arange(20)
    rotations = geometry.exp_rotation(angles[:, None] * axis)
    return PoseTrajectory(np.zeros((20, 3)), rotations)


def turn_rates(blend: Blend, end: float) -> np.ndarray:
    """Return the rotation per 2 ms, rad, of the blended pose."""
    poses = np.array([blend.at(t) for t in np.arange(0.0, end, 0.002)])
    steps = geometry.log_rotation(poses[1:, :3, :3] @ np.swapaxes(poses[:-1, :3, :3], 1, 2))
    return np.linalg.norm(steps, axis=1)


def test_the_first_chunk_ramps_in_from_where_the_arm_is() -> None:
    blend = Blend(always)
    blend.push(Layer(JointTrajectory(np.full((5, 2), 1.0)), 0.0, 0.1, 0.0), np.zeros(2))
    assert blend.at(0.0) == pytest.approx([0.0, 0.0])
    assert blend.at(0.1) == pytest.approx([0.5, 0.5])
    assert blend.at(0.2) == pytest.approx([1.0, 1.0])


def test_position_and_velocity_are_continuous_at_a_seam() -> None:
    blend = Blend(always)
    rows = np.linspace(0.0, 1.0, 11)[:, None]  # 1 rad/s
    blend.push(Layer(JointTrajectory(rows), 0.0, 0.1, 0.0), np.zeros(1))
    before = np.array([blend.at(t) for t in (0.498, 0.499, 0.5)])
    blend.push(Layer(JointTrajectory(rows[::-1] + 0.3), 0.0, 0.1, 0.5), np.zeros(1))
    after = np.array([blend.at(t) for t in (0.5, 0.501, 0.502)])
    assert after[0] == pytest.approx(before[-1])
    assert (after[1] - after[0])[0] == pytest.approx(0.001, abs=5e-5)


def test_after_the_window_only_the_newest_counts() -> None:
    blend = Blend(always)
    for k in range(5):
        blend.push(
            Layer(JointTrajectory(np.full((5, 1), float(k))), 0.0, 0.1, 0.05 * k), np.zeros(1)
        )
    assert blend.at(0.2 + WINDOW) == pytest.approx([4.0])
    assert len(blend._layers) == 1


def test_rotations_meet_halfway_along_the_shortest_turn() -> None:
    blend = Blend(always)
    turn = geometry.exp_rotation([0.0, 0.0, 1.0])
    blend.push(Layer(still_pose(turn, x=0.2), 0.0, 0.1, 0.0), np.eye(4))
    assert blend.at(0.1)[:3, :3] == pytest.approx(geometry.exp_rotation([0.0, 0.0, 0.5]))
    assert blend.at(0.1)[:3, 3] == pytest.approx([0.1, 0.0, 0.0])


@settings(max_examples=10, deadline=None)
@given(AXIS, st.floats(-0.05, 0.05))
def test_a_turn_between_chunks_that_passes_half_a_circle_does_not_flip(
    axis: tuple[float, float, float], offset: float
) -> None:
    axis = np.array(axis) / np.linalg.norm(axis)
    blend = Blend(always)
    blend.push(Layer(spinning(axis, 0.0, 0.0), 0.0, 0.1, -1.0), np.eye(4))
    blend.push(Layer(spinning(axis, np.pi - 0.3 + offset, 3.0), 0.0, 0.1, 0.0), np.eye(4))
    fastest = 1.5 * (np.pi + 0.7) / WINDOW + 3.0  # rad/s, of the ramp and of the chunk
    assert turn_rates(blend, 0.3).max() <= fastest * 0.002


@settings(max_examples=10, deadline=None)
@given(AXIS)
def test_rows_that_turn_on_past_half_a_circle_are_one_smooth_turn(
    axis: tuple[float, float, float],
) -> None:
    axis = np.array(axis) / np.linalg.norm(axis)
    trajectory = spinning(axis, 0.0, 2.5)
    poses = np.array([trajectory.at(r) for r in np.arange(1.0, 18.0, 0.1)])
    steps = geometry.log_rotation(poses[1:, :3, :3] @ np.swapaxes(poses[:-1, :3, :3], 1, 2))
    assert np.linalg.norm(steps, axis=1) == pytest.approx(0.025, rel=0.02)


def test_the_closest_of_equal_turns_is_chosen() -> None:
    z = np.array([0.0, 0.0, 1.0])
    assert nearest_equivalent(-3.1 * z, 3.1 * z) == pytest.approx((2 * np.pi - 3.1) * z)
    assert nearest_equivalent(3.0 * z, 3.1 * z) == pytest.approx(3.0 * z)
