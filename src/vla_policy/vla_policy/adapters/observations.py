"""Our observation as the policy of somebody else expects it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vla_core import geometry
from vla_core.frozen import Array
from vla_core.records.sensing import Observation
from vla_core.robot.config import RobotConfig
from vla_policy.adapters.mapping import (
    GripperMapping,
    ImageMapping,
    PolicyMapping,
    StateMapping,
)


def as_given(
    observation: Observation, mapping: PolicyMapping, robot: RobotConfig
) -> dict[str, Any]:
    """Pictures, numbers and the sentence by key; KeyError names a camera without a frame."""
    made: dict[str, Any] = {}
    for image in mapping.images:
        if image.camera not in observation.frames:
            raise KeyError(f'no picture of camera {image.camera}')
        made[image.key] = picture(observation.frames[image.camera].rgb, image)
    for state in mapping.state:
        made[state.key] = numbers(observation, state, mapping.gripper, robot)
    if mapping.instruction:
        made[mapping.instruction] = observation.instruction
    return made


def picture(rgb: NDArray[np.uint8], p: ImageMapping) -> NDArray[Any]:
    """The picture at its size, in its layout and values."""
    turned = np.rot90(rgb, p.rotate // 90) if p.rotate else rgb
    made = np.asarray(_fitted(Image.fromarray(np.ascontiguousarray(turned)), p))
    if p.layout == 'chw':
        made = np.ascontiguousarray(made.transpose(2, 0, 1))
    return made if p.values == 'uint8' else made.astype(np.float32) / 255.0


def _fitted(image: Image.Image, p: ImageMapping) -> Image.Image:
    size = (p.width, p.height)
    if p.fit == 'stretch':
        return image.resize(size, Image.Resampling.BILINEAR)
    scales = p.width / image.width, p.height / image.height
    scale = min(scales) if p.fit == 'pad' else max(scales)
    inner = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    scaled = image.resize(inner, Image.Resampling.BILINEAR)
    made = Image.new('RGB', size)
    made.paste(scaled, ((p.width - inner[0]) // 2, (p.height - inner[1]) // 2))
    return made


def numbers(
    observation: Observation, p: StateMapping, gripper: GripperMapping, robot: RobotConfig
) -> NDArray[np.float32]:
    """The vector of a state mapping."""
    parts = [_part(part, observation, p.degrees, gripper, robot) for part in p.parts]
    return np.concatenate(parts).astype(np.float32)


def _part(
    name: str, observation: Observation, degrees: bool, gripper: GripperMapping, robot: RobotConfig
) -> Array:
    rotation = observation.base_from_tcp[:3, :3]
    if name in ('joints', 'joint_velocities'):
        values = observation.joints if name == 'joints' else observation.joint_velocity
        return np.rad2deg(values) if degrees else values
    if name == 'gripper':
        return np.array([gripper_value(observation.gripper, gripper, robot)])
    if name == 'position':
        return observation.base_from_tcp[:3, 3]
    if name == 'rotation_vector':
        return geometry.log_rotation(rotation)
    if name == 'quaternion_xyzw':
        return geometry.quat_from_matrix(rotation)
    return np.concatenate([rotation[:, 0], rotation[:, 1]])  # arXiv 1812.07035


def gripper_value(opening: float, p: GripperMapping, robot: RobotConfig) -> float:
    """The policy's number for an opening in m."""
    gripper = robot.gripper
    share = (opening - gripper.closed_width) / (gripper.open_width - gripper.closed_width)
    return p.closed + share * (p.open - p.closed)


def opening_of(value: Array, p: GripperMapping, robot: RobotConfig) -> Array:
    """m, the opening of the policy's numbers, within those of the gripper."""
    gripper = robot.gripper
    share = np.clip((value - p.closed) / (p.open - p.closed), 0.0, 1.0)
    return np.asarray(gripper.closed_width + share * (gripper.open_width - gripper.closed_width))
