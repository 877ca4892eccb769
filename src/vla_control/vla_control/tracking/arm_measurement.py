"""The measured state of the arm and its gripper."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_core.frozen import Array
from vla_core.records.sensing import JointState
from vla_core.robot.gripper import GripperConfig


@dataclass(frozen=True)
class ArmMeasurement:
    """One joint state in the robot's order."""

    stamp: float  # s, ROS time
    q: Array  # (n,) rad
    v: Array  # (n,) rad/s
    opening: float  # m, between the fingers


def arm_measurement(
    joints: JointState, names: tuple[str, ...], gripper: GripperConfig
) -> ArmMeasurement | None:
    """Return the measurement; None when a number is not finite."""
    q, v = joints.select(names)
    finger = joints.select((gripper.joint,))[0]  # rad or m
    if not all(np.isfinite(part).all() for part in (joints.stamp, q, v, finger)):
        return None
    return ArmMeasurement(joints.stamp, q, v, gripper.opening(float(finger[0])))
