"""When a goal ends, with numbers from the rules of gripper_action_controller (Jazzy)."""

import pytest

from vla_sim.controllers.gripper_action_controller import (
    GripperActionController,
    GripperControllerParams,
)


def end_of(controller, goal, positions, velocity=0.0):
    """The time at which the goal ended, and how; samples are 0.1 s apart."""
    controller.begin(goal, 0.0)
    for k, position in enumerate(positions):
        end = controller.update(position, velocity, 0.1 * k)
        if end:
            return 0.1 * k, end
    return None


def test_within_the_goal_tolerance_it_is_reached():
    assert end_of(GripperActionController(), 0.0, [0.03, 0.02, 0.0101, 0.0099]) == (
        pytest.approx(0.3), 'reached',
    )  # fmt: skip


def test_fingers_at_rest_for_the_stall_time_abort_it():
    assert end_of(GripperActionController(), 0.0, [0.03] * 20) == (pytest.approx(1.1), 'aborted')


def test_or_succeed_where_stalling_is_allowed():
    params = GripperControllerParams(allow_stalling=True, stall_timeout=0.05)
    assert end_of(GripperActionController(params), 0.0, [0.03] * 20) == (
        pytest.approx(0.1), 'stalled',
    )  # fmt: skip


def test_fingers_that_move_do_not_stall():
    assert end_of(GripperActionController(), 0.0, [0.03] * 30, velocity=0.002) is None


def test_nan_ends_nothing_as_reached():
    assert end_of(GripperActionController(), 0.0, [float('nan')] * 20)[1] == 'aborted'
