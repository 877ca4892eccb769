"""Differential inverse kinematics: exact in the interior, bounded at singularities and limits."""

import numpy as np
import pytest

from vla_control.tracking.differential_ik import DifferentialIk, IkParams
from vla_core.robot.config import load_robot
from vla_core.robot.model import RobotModel

ROBOTS = ('ur5e', 'fr3')


def ik_of(robot: str) -> tuple[DifferentialIk, RobotModel]:
    model = RobotModel(load_robot(robot))
    return DifferentialIk(model, IkParams()), model


@pytest.mark.parametrize('robot', ROBOTS)
def test_a_small_motion_moves_the_tool_as_requested(robot: str, rng: np.random.Generator) -> None:
    ik, model = ik_of(robot)
    motion = 1e-4 * rng.normal(size=6)
    step = ik.solve(model.home, motion[None])[0][0]
    moved = model.fk(model.home + step)[:3, 3] - model.fk(model.home)[:3, 3]
    assert moved == pytest.approx(motion[:3], abs=1e-7)


def test_null_space_motion_keeps_the_tool_and_moves_towards_home() -> None:
    ik, model = ik_of('fr3')
    q = model.home + np.array([0.3, 0.1, -0.4, 0.1, 0.2, 0.1, 0.0])
    spare = ik.solve(q, np.zeros((1, 6)))[1]
    assert np.abs(model.jacobian(q) @ spare).max() <= 1e-9
    assert spare @ (model.home - q) > 0.01


def test_six_joints_have_no_null_space() -> None:
    ik, model = ik_of('ur5e')
    assert not ik.solve(model.home + 0.1, np.zeros((1, 6)))[1].any()


@pytest.mark.parametrize('robot', ROBOTS)
def test_at_a_singularity_motion_stays_bounded(robot: str) -> None:
    ik, model = ik_of(robot)
    q = np.array(model.home)
    if robot == 'ur5e':
        q[4] = 0.0  # wrist axes parallel
    else:
        q[[1, 2, 3, 4, 5]] = [0.0, 0.0, -0.16, 0.0, 0.55]  # stretched out
    assert model.smallest_singular_value(q) <= 0.05
    step = ik.solve(q, 0.01 * np.eye(6))[0]
    assert np.all(np.isfinite(step))
    assert np.abs(step).max() <= 0.01 / (2 * 0.05) * 1.5


@pytest.mark.parametrize('robot', ROBOTS)
def test_a_joint_at_its_limit_stops_and_the_others_take_over(robot: str) -> None:
    ik, model = ik_of(robot)
    q = np.array(model.home)
    joint = 1
    free = ik.solve(q, np.array([[0.0, 0.0, -0.01, 0, 0, 0]]))[0][0]
    q[joint] = model.limits.upper[joint] - 0.01 if free[joint] > 0 else model.limits.lower[joint]
    step = ik.solve(q, np.array([[0.0, 0.0, -0.01, 0, 0, 0], np.zeros(6)]))[0][0]
    towards = step[joint] * free[joint]
    assert towards <= 1e-12
