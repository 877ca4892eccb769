"""F17's obstacle stands where it is said to stand, however the hand moves towards it."""

import numpy as np
import pytest

from vla_bench.faults.sensors import FINELY, gap, reach
from vla_core.robot.config import load_robot
from vla_shield.constraints.collision_model import CollisionModel
from vla_shield.params import ShieldParams


@pytest.mark.parametrize('name', ['ur5e', 'fr3'])
@pytest.mark.parametrize('least', [ShieldParams().gripper_clearance, 0.05])
@pytest.mark.parametrize('way', [(0, 0, -1), (1, 0, 0), (0.2, -0.7, -0.68), (-0.5, 0.5, -0.7)])
def test_an_obstacle_on_the_way_leaves_the_hand_what_was_asked(name, least, way):
    robot = load_robot(name)
    body, q = CollisionModel(ShieldParams(), robot), np.array(robot.home)
    way = np.array(way) / np.linalg.norm(way)
    tip = body.tip(q)[:3, 3]
    far = reach(body, q, tip, way, least)
    assert least <= gap(body, q, tip + far * way) <= least + 2 * FINELY
