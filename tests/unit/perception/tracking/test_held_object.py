"""What is between the fingers moves with the tool until they open."""

import dataclasses

import numpy as np
import pytest
from pictures import ROBOT

from vla_core import geometry
from vla_perception.camera.robot_mask import Pose
from vla_perception.tracking.held_object import HeldObject
from vla_perception.tracking.track import Track

OPEN, CLOSED_ON_CUBE = 0.08, 0.0395


def pose(x=0.45, y=0.0, z=0.02, opening=OPEN, yaw=0.0):
    return Pose(ROBOT.home, geometry.tool_down((x, y, z), yaw), opening)


def a_cube(edge=0.04, **where):
    track = Track(1, np.array([0.45, 0.0, 0.02]), 0.0, np.full(3, edge), (0, 0, 1, 1))
    track.shapes['cube'] = track.colours['red'] = 1
    return dataclasses.replace(track, **where)


def grasped():
    grip, cube = HeldObject(ROBOT.gripper), a_cube()
    for _ in range(2):
        grip.judge([cube], pose(opening=CLOSED_ON_CUBE))
    return grip, cube


def test_fingers_closed_on_its_width_hold_it():
    _, cube = grasped()

    assert cube.is_held


@pytest.mark.parametrize(
    ('where', 'why'),
    [
        ({'opening': OPEN}, 'open fingers'),
        ({'opening': 0.001}, 'fingers that met'),
        ({'opening': 0.06}, 'too wide'),
        ({'opening': CLOSED_ON_CUBE, 'z': 0.15}, 'above it'),
        ({'opening': CLOSED_ON_CUBE, 'y': 0.08}, 'beside it'),
        ({'opening': float('nan')}, 'not a number'),
    ],
)
def test_nothing_is_held_by(where, why):
    grip, cube = HeldObject(ROBOT.gripper), a_cube()

    for _ in range(2):
        grip.judge([cube], pose(**where))

    assert not cube.is_held, why


def test_a_held_thing_follows_the_tool_in_place_and_turn():
    grip, cube = grasped()

    grip.carry([cube], pose(0.50, 0.20, 0.25, CLOSED_ON_CUBE, yaw=0.6))

    assert cube.position == pytest.approx([0.50, 0.20, 0.25], abs=1e-9)
    assert abs(cube.yaw) == pytest.approx(0.6, abs=1e-9)


@pytest.mark.parametrize('opening', [CLOSED_ON_CUBE + 0.004, 0.08, 0.0, 0.02, float('nan')])
def test_fingers_that_open_or_meet_let_go(opening):
    grip, cube = grasped()
    grip.carry([cube], pose(0.50, 0.20, 0.25, CLOSED_ON_CUBE))

    grip.carry([cube], pose(0.60, 0.20, 0.25, opening))

    assert not cube.is_held
    assert cube.is_released
    assert cube.position == pytest.approx([0.50, 0.20, 0.25], abs=1e-9)


def test_what_is_gripped_while_the_hand_begins_to_rise_keeps_its_place_in_the_hand():
    grip, cube = HeldObject(ROBOT.gripper), a_cube()
    grip.judge([cube], pose(opening=0.06))
    grip.judge([cube], pose(opening=CLOSED_ON_CUBE + 0.002))  # about to close on it
    assert not cube.is_held

    grip.judge([cube], pose(z=0.03, opening=CLOSED_ON_CUBE))
    grip.judge([cube], pose(z=0.03, opening=CLOSED_ON_CUBE))  # 1 cm up, not seen to be

    assert cube.is_held
    assert cube.position == pytest.approx([0.45, 0.0, 0.03], abs=1e-9)


@pytest.mark.parametrize('before', [0.030, 0.046])
def test_fingers_that_still_move_do_not_grasp(before):
    grip, cube = HeldObject(ROBOT.gripper), a_cube()
    grip.judge([], pose(opening=before))

    grip.judge([cube], pose(opening=CLOSED_ON_CUBE))

    assert not cube.is_held
