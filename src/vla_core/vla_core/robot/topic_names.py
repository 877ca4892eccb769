"""Topic names of a robot file, resolved in a namespace as ROS does it."""

from __future__ import annotations

from dataclasses import replace

from vla_core.robot.arm import ArmConfig
from vla_core.robot.camera import CameraConfig
from vla_core.robot.config import RobotConfig
from vla_core.robot.ros_names import absolute_name


def resolved(robot: RobotConfig, namespace: str = '') -> RobotConfig:
    """Return the robot with full names of its topics and controllers, as the ROS graph reports
    them; what is empty stays empty."""

    def full(name: str) -> str:
        return absolute_name(name, namespace) if name else ''

    def arm_of(arm: ArmConfig) -> ArmConfig:
        contract = arm.controller
        contract = replace(
            contract, node=full(contract.node), scaling_topic=full(contract.scaling_topic)
        )
        command, wrench = full(arm.command_topic), full(arm.wrench_topic)
        return replace(arm, command_topic=command, wrench_topic=wrench, controller=contract)

    def camera_of(camera: CameraConfig) -> CameraConfig:
        return replace(camera, topic=full(camera.topic))

    return replace(
        robot,
        arms=tuple(map(arm_of, robot.arms)),
        grippers=tuple(
            replace(gripper, command_topic=full(gripper.command_topic))
            for gripper in robot.grippers
        ),
        cameras=tuple(map(camera_of, robot.cameras)),
        joint_states_topic=full(robot.joint_states_topic),
    )
