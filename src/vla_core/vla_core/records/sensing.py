"""Sensor data: joint states, RGB-D frames, and the observation of a policy."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vla_core.frozen import Array, freeze_fields
from vla_core.records.scene import GroundedScene


@dataclass(frozen=True)
class JointState:
    """One sample of named joints, gripper fingers included."""

    stamp: float  # s, ROS time of the measurement
    names: tuple[str, ...]
    position: Array  # (n,) rad or m, in the order of names
    velocity: Array  # (n,) rad/s or m/s

    def __post_init__(self) -> None:
        freeze_fields(self, 'position', 'velocity')

    def select(self, names: tuple[str, ...]) -> tuple[Array, Array]:
        """(position, velocity) in the order of `names`; KeyError names the missing joints."""
        missing = [name for name in names if name not in self.names]
        if missing:
            raise KeyError(f'joint state lacks {missing}; it has {list(self.names)}')
        index = [self.names.index(name) for name in names]
        return self.position[index], self.velocity[index]


@dataclass(frozen=True)
class CameraModel:
    """Pinhole camera without distortion, as in sensor_msgs/CameraInfo."""

    frame: str  # optical frame: x right, y down, z forward (REP-103)
    width: int  # px
    height: int  # px
    fx: float  # px
    fy: float  # px
    cx: float  # px
    cy: float  # px


@dataclass(frozen=True)
class RgbdFrame:
    """A colour image and the depth registered to it."""

    camera: str  # name in the robot's configuration, e.g. 'scene' or 'wrist'
    stamp: float  # s, ROS time of exposure
    model: CameraModel
    rgb: NDArray[np.uint8]  # (H, W, 3)
    depth: NDArray[np.float32]  # (H, W) m along the optical axis; 0 or NaN where there is none


@dataclass(frozen=True)
class Observation:
    """Input of a policy, aligned to `stamp`, with the remaining skew."""

    stamp: float  # s, ROS time; the stamp of the oldest part
    task_id: str
    instruction: str
    scene: GroundedScene
    joints: Array  # (n,) rad, arm joints in the robot's order
    joint_velocity: Array  # (n,) rad/s
    base_from_tcp: Array  # (4, 4) m
    gripper: float  # m, opening between the fingers
    skew: float  # s, newest part minus oldest part
    frames: dict[str, RgbdFrame] = field(default_factory=dict)  # by camera name; may be empty
    tcp_velocity: Array = field(default_factory=lambda: np.zeros(6))  # m/s then rad/s, base frame

    def __post_init__(self) -> None:
        freeze_fields(self, 'joints', 'joint_velocity', 'base_from_tcp', 'tcp_velocity')
