"""SO(3) and SE(3): group axioms, round trips, parity with scipy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.transform import Rotation

from vla_core import geometry as g

NUMBERS = st.floats(-1.0, 1.0, allow_subnormal=False)
QUATS = arrays(float, 4, elements=NUMBERS).filter(lambda q: np.linalg.norm(q) > 1e-3).map(g.unit)
POINTS = arrays(float, 3, elements=st.floats(-5.0, 5.0))
POSES = st.builds(g.pose, POINTS, QUATS)
AXES = arrays(float, 3, elements=NUMBERS).filter(lambda v: np.linalg.norm(v) > 1e-2).map(g.unit)
ANGLES = st.one_of(
    st.floats(0.0, np.pi), st.sampled_from([0.0, 1e-12, 1e-7, np.pi - 1e-7, np.pi - 1e-12, np.pi])
)


def close(a, b, tolerance=1e-9):
    np.testing.assert_allclose(a, b, atol=tolerance, rtol=0.0)


@given(QUATS)
def test_a_quaternion_survives_the_matrix_up_to_its_sign(quat):
    back = g.quat_from_matrix(g.matrix_from_quat(quat))
    assert back[3] >= 0.0
    close(back * np.sign(back @ quat), quat)


@given(QUATS)
def test_matrices_agree_with_scipy(quat):
    close(g.matrix_from_quat(quat), Rotation.from_quat(quat).as_matrix())


@given(AXES, ANGLES)
def test_a_rotation_vector_survives_exp_and_log(axis, angle):
    back = g.log_rotation(g.exp_rotation(axis * angle))
    close(np.linalg.norm(back), angle, 1e-8)
    close(g.exp_rotation(back), g.exp_rotation(axis * angle), 1e-8)


@given(AXES, ANGLES)
def test_exp_agrees_with_scipy(axis, angle):
    close(g.exp_rotation(axis * angle), Rotation.from_rotvec(axis * angle).as_matrix())


@given(POSES, POSES, POSES)
def test_poses_form_a_group(a, b, c):
    close(a @ g.inverse(a), np.eye(4))
    close(g.inverse(a @ b), g.inverse(b) @ g.inverse(a))
    close((a @ b) @ c, a @ (b @ c))
    close((a @ b)[:3, :3] @ (a @ b)[:3, :3].T, np.eye(3))
    close(np.linalg.det((a @ b)[:3, :3]), 1.0)


@given(POSES, POSES)
def test_the_error_takes_one_pose_to_the_other(a, b):
    close(g.apply_error(a, g.pose_error(a, b)), b, 1e-7)
    close(g.pose_error(a, a), np.zeros(6), 1e-7)


@given(POSES, POSES, st.floats(0.0, 1.0))
def test_interpolation_starts_ends_and_turns_at_constant_rate(a, b, s):
    close(g.interpolate(a, b, 0.0), a, 1e-7)
    close(g.interpolate(a, b, 1.0), b, 1e-7)
    whole, part = g.pose_error(a, b), g.pose_error(a, g.interpolate(a, b, s))
    close(np.linalg.norm(part[3:]), s * np.linalg.norm(whole[3:]), 1e-7)
    close(part[:3], s * whole[:3], 1e-9)


@given(POSES, POINTS)
def test_points_move_with_the_pose(a_from_b, point):
    close(g.transform(a_from_b, point), (a_from_b @ [*point, 1.0])[:3])
    close(g.transform(g.inverse(a_from_b), g.transform(a_from_b, point)), point, 1e-8)


@given(POSES)
def test_position_and_quaternion_survive_the_pose(T):
    close(g.pose(*g.xyz_quat(T)), T)


def test_functions_take_batches():
    quats = g.unit(np.random.default_rng(0).normal(size=(5, 2, 4)))
    singles = np.array([[g.matrix_from_quat(q) for q in row] for row in quats])
    batch = g.matrix_from_quat(quats)
    close(batch, singles)
    close(g.log_rotation(batch)[3, 1], g.log_rotation(batch[3, 1]))
    close(
        g.inverse(g.pose_of(batch, np.ones(3)))[4, 0],
        g.inverse(g.pose_of(batch[4, 0], np.ones(3))),
    )


@pytest.mark.parametrize('axis', np.eye(3))
def test_log_of_half_a_turn_is_pi_about_that_axis(axis):
    R = 2.0 * np.outer(axis, axis) - np.eye(3)
    close(np.abs(g.log_rotation(R)), np.pi * axis)


def test_the_cross_product_is_a_matrix():
    a, b = np.array([1.0, 2.0, 3.0]), np.array([-4.0, 5.0, 0.5])
    close(g.skew(a) @ b, np.cross(a, b))


@given(st.floats(-3.1, 3.1))
def test_yaw_is_the_angle_about_z(angle):
    close(g.yaw(g.rotation_z(angle)), angle)
    close(g.yaw(g.tool_down((0.0, 0.0, 0.0), angle)), angle)
    close(g.tool_down((0.1, 0.2, 0.3), angle)[:, 2], [0.0, 0.0, -1.0, 0.0])


def test_a_camera_sees_its_target_in_the_middle_and_up_is_up():
    eye, target = np.array([1.0, -0.5, 0.8]), np.array([0.4, 0.1, 0.0])
    camera_from_base = g.inverse(g.look_at(eye, target))
    close(g.transform(camera_from_base, target), [0.0, 0.0, np.linalg.norm(target - eye)])
    assert (
        g.transform(camera_from_base, target + [0.0, 0.0, 0.1])[1] < 0.0
    )  # y of a picture is down


@pytest.mark.parametrize('bad', [np.zeros(4), np.full(4, np.nan), [np.inf, 0.0, 0.0, 1.0]])
def test_a_quaternion_without_direction_is_refused(bad):
    with pytest.raises(ValueError, match='cannot normalise'):
        g.matrix_from_quat(bad)
