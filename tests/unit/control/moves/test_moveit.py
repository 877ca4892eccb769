"""The MoveIt adapter: a clear error when MoveIt is absent, and joints in the robot's order."""

import importlib.util
from types import SimpleNamespace

import pytest

from vla_control.moves.moveit import MoveItPlanner, plan_from_msg
from vla_core.errors import UserError
from vla_core.robot.config import load_robot

HAS_MOVEIT = importlib.util.find_spec('moveit') is not None


@pytest.mark.skipif(HAS_MOVEIT, reason='moveit_py is installed here')
def test_without_moveit_the_error_names_what_to_install() -> None:
    with pytest.raises(UserError, match='ros-jazzy-moveit-py'):
        MoveItPlanner(load_robot('ur5e'))


def point(sec: int, positions: list[float]) -> SimpleNamespace:
    when = SimpleNamespace(sec=sec, nanosec=500_000_000)
    return SimpleNamespace(time_from_start=when, positions=positions, velocities=[0.0, 0.0])


def test_a_plan_has_the_joint_order_of_the_robot() -> None:
    message = SimpleNamespace(joint_names=['b', 'a'], points=[point(0, [2.0, 1.0])])
    plan = plan_from_msg(message, ('a', 'b'))
    assert plan.position.tolist() == [[1.0, 2.0]]
    assert plan.time.tolist() == [0.5]


def test_a_plan_without_a_joint_is_an_error() -> None:
    message = SimpleNamespace(joint_names=['b'], points=[])
    with pytest.raises(UserError, match='a'):
        plan_from_msg(message, ('a', 'b'))
