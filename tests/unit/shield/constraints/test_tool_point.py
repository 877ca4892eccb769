"""Which corner of a tool counts as its end."""

import coal
import numpy as np
import pinocchio as pin
import pytest

from vla_shield.constraints.tool_point import ToolPoint

TIP = np.array([0.0, 0.0, 0.2])


def box(size, position):
    return pin.GeometryObject('box', 1, 0, pin.SE3(np.eye(3), np.array(position)), coal.Box(*size))


def test_a_usual_gripper_has_no_long_end():
    tool = ToolPoint(0, 7, TIP)
    tool.fit([box((0.05, 0.13, 0.2), (0.0, 0.0, 0.1)), box((0.03, 0.03, 0.06), (0.07, 0.0, 0.05))])
    assert not tool.is_long


def test_the_furthest_corner_from_the_line_between_wrist_and_tip_counts():
    tool = ToolPoint(0, 7, TIP)
    tool.fit([box((0.1, 0.1, 0.2), (0.0, 0.0, 0.1)), box((0.02, 0.8, 0.02), (0.0, 0.1, 0.2))])
    assert tool.is_long
    assert tool.point == pytest.approx([-0.01, 0.5, 0.21]) or tool.point == pytest.approx(
        [0.01, 0.5, 0.21]
    )


def test_a_tool_that_is_put_down_is_long_no_more():
    tool = ToolPoint(0, 7, TIP)
    tool.fit([box((0.02, 0.8, 0.02), (0.0, 0.0, 0.2))])
    tool.fit([])
    assert not tool.is_long
