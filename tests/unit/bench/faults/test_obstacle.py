"""F17's obstacle has the stated clearance, in whatever direction the gripper moves."""

import numpy as np
import pytest

from vla_bench.faults.obstacle import TOLERANCE, clearance, distance_to
from vla_core.robot.config import load_robot
from vla_shield.constraints.collision_model import CollisionModel
from vla_shield.params import ShieldParams


@pytest.mark.parametrize('name', ['ur5e', 'fr3'])
@pytest.mark.parametrize('least', [ShieldParams().gripper_clearance, 0.05])
@pytest.mark.parametrize(
    'direction', [(0, 0, -1), (1, 0, 0), (0.2, -0.7, -0.68), (-0.5, 0.5, -0.7)]
)
def test_an_obstacle_has_the_requested_clearance(name, least, direction):
    robot = load_robot(name)
    body, q = CollisionModel(ShieldParams(), robot), np.array(robot.home)
    direction = np.array(direction) / np.linalg.norm(direction)
    tip = body.tip(q)[:3, 3]
    far = distance_to(body, q, tip, direction, least)
    assert least <= clearance(body, q, tip + far * direction) <= least + 2 * TOLERANCE
