"""Static parts of a cell: boxes, cylinders and planes that the robot must not touch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_core import geometry
from vla_core.frozen import Array
from vla_core.params import check, param
from vla_core.robot.angles import check_angles

SHAPES = {'box': 3, 'cylinder': 2, 'plane': 0}  # numbers that `size` holds


@dataclass(frozen=True)
class PlacementConfig:
    """A pose in the stack's frame."""

    position: tuple[float, float, float] = param((0.0, 0.0, 0.0), 'm')
    rpy: tuple[float, float, float] = param(
        (0.0, 0.0, 0.0), 'rad, roll, pitch and yaw about fixed axes, as in a URDF'
    )

    def __post_init__(self) -> None:
        check(self)
        check_angles('rpy', self.rpy)

    @property
    def matrix(self) -> Array:
        """4x4 pose."""
        return geometry.pose_of(geometry.rotation_rpy(self.rpy), self.position)


@dataclass(frozen=True)
class ObstacleConfig:
    """A shelf, a wall, a camera stand: always there, whatever the cameras see."""

    name: str = param(text='as in the reason of a stop')
    shape: str = param(
        text='box, cylinder (along z) or plane (z up is free)', choices=tuple(SHAPES)
    )
    size: tuple[float, ...] = param(
        (), 'm: box x y z, cylinder diameter and height, nothing for a plane', lo=0.001, hi=20.0
    )
    position: tuple[float, float, float] = param((0.0, 0.0, 0.0), 'm, centre, base_frame')
    rpy: tuple[float, float, float] = param((0.0, 0.0, 0.0), 'rad, as in a URDF')

    def __post_init__(self) -> None:
        check(self)
        check_angles('rpy', self.rpy)
        if len(self.size) != SHAPES[self.shape]:
            raise ValueError(
                f'obstacle {self.name}: a {self.shape} has {SHAPES[self.shape]} sizes, '
                f'not {len(self.size)}'
            )

    @property
    def base_from_obstacle(self) -> Array:
        """4x4 pose of its centre."""
        return PlacementConfig(self.position, self.rpy).matrix

    @property
    def box(self) -> tuple[float, float, float]:
        """m, sides of the box around it, in its own axes; UserError-free for a plane: zeros."""
        if self.shape == 'plane':
            return (0.0, 0.0, 0.0)
        if self.shape == 'cylinder':
            return (self.size[0], self.size[0], self.size[1])
        x, y, z = np.asarray(self.size).tolist()
        return (x, y, z)
