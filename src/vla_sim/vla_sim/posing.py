"""Puts robot and objects somewhere without physics: a moment that was computed elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

import mujoco

from vla_core.frozen import Array
from vla_core.robot.description.urdf import finger_positions
from vla_sim.world import SimWorld


def pose_world(
    world: SimWorld, joints: Array, opening: float,
    slides: Mapping[str, float], positions: Mapping[str, Array],
) -> None:  # fmt: skip
    """Put the arm at `joints` rad and its gripper at `opening` m, slides (furniture.slide_name) at
    m, and objects by name at (3,) m, base frame. KeyError names what is not in the scene."""
    data, robot = world.data, world.robot
    fingers = finger_positions(robot, robot.gripper, opening)
    data.qpos[world.arms[0].joints.position] = joints
    data.qpos[world.grippers[0].joints.position] = list(fingers.values())
    for name, slide in slides.items():
        data.joint(name).qpos[0] = slide
    for name, position in positions.items():
        data.joint(name).qpos[:3] = position
    mujoco.mj_forward(world.model, data)
