"""Changes of a robot, or of its robot file: contract, joints, gripper, cameras, mount."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from vla_core import geometry
from vla_core.robot.config import RobotConfig
from vla_core.robot.model import RobotModel
from vla_core.robot.obstacle import PlacementConfig

LEAST_GAP = 0.06  # m, from the tip to a wrong tip
Change = Callable[[RobotConfig], RobotConfig]


def unchanged(robot: RobotConfig) -> RobotConfig:
    """The robot as it is."""
    return robot


def contracted(**values: Any) -> Change:
    """Changes the controller contract of the arm."""

    def change(robot: RobotConfig) -> RobotConfig:
        arm = robot.arm
        contract = dataclasses.replace(arm.controller, **values)
        arm = dataclasses.replace(arm, controller=contract)
        return dataclasses.replace(robot, arms=(arm,))

    return change


def of_arm(**values: Any) -> Change:
    return lambda robot: dataclasses.replace(
        robot, arms=(dataclasses.replace(robot.arm, **values),)
    )


def of_joint(index: int, **values: Callable[[float], float]) -> Change:
    """Changes values of one joint."""

    def change(robot: RobotConfig) -> RobotConfig:
        joints = list(robot.arm.joints)
        new: dict[str, Any] = {
            key: value(getattr(joints[index], key)) for key, value in values.items()
        }
        joints[index] = dataclasses.replace(joints[index], **new)
        return of_arm(joints=tuple(joints))(robot)

    return change


def of_gripper(change: Callable[[tuple], tuple]) -> Change:
    """Changes the opening map."""

    def changed(robot: RobotConfig) -> RobotConfig:
        gripper = robot.gripper
        gripper = dataclasses.replace(gripper, opening_map=change(gripper.opening_map))
        return dataclasses.replace(robot, grippers=(gripper,))

    return changed


def of_camera(change: Callable[[Any], np.ndarray]) -> Change:
    """Changes the pose (4x4) of the scene cameras."""

    def changed(robot: RobotConfig) -> RobotConfig:
        cameras = []
        for camera in robot.cameras:
            if camera.kind == 'scene':
                pose = change(camera.base_from_camera)
                x, y, z = map(float, pose[:3, 3])
                quaternion: Any = tuple(map(float, geometry.quat_from_matrix(pose[:3, :3])))
                camera = dataclasses.replace(
                    camera, position=(x, y, z), look_at=None, rpy=None, axes='optical',
                    quaternion=quaternion,
                )  # fmt: skip
            cameras.append(camera)
        return dataclasses.replace(robot, cameras=tuple(cameras))

    return changed


def shifted(by: tuple[float, float, float]) -> Change:
    return of_camera(lambda pose: geometry.pose(by) @ pose)


def turned(degrees: float, axis: int) -> Change:
    turn = geometry.pose_of(
        geometry.exp_rotation(np.radians(degrees) * np.eye(3)[axis]), np.zeros(3)
    )
    return of_camera(lambda pose: pose @ turn)


def at_table(height: float) -> Change:
    """In a frame of its own, with the root link `height` m above where it is."""

    def change(robot: RobotConfig) -> RobotConfig:
        x, y, z = robot.mount.position
        mount = PlacementConfig((x, y, z + height), robot.mount.rpy)
        return dataclasses.replace(robot, base_frame='table', mount=mount)

    return change


def flange_of(robot: RobotConfig) -> str:
    """The link that is farthest from the tip of those that move with it; '' when none is."""
    model, tip = RobotModel(robot), robot.arm.tip_frame
    offsets = []
    for q in (robot.home, robot.home + 0.1):
        poses = model.frames(q, (tip, *model.frame_names))
        offsets.append(geometry.inverse(poses[0]) @ poses[1:])
    gaps = np.linalg.norm(offsets[0][:, :3, 3], axis=1)
    gaps[np.abs(offsets[0] - offsets[1]).max(axis=(1, 2)) > 1e-6] = (
        0.0  # they move against the tip
    )
    k = int(np.argmax(gaps))
    return model.frame_names[k] if gaps[k] > LEAST_GAP else ''
