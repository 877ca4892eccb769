"""Source of a robot description: a URDF or xacro file, what is attached to it, added frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_core import geometry
from vla_core.frozen import Array
from vla_core.params import check, param
from vla_core.robot.angles import check_angles


@dataclass(frozen=True)
class FrameConfig:
    """A link without shape that is added to the URDF, such as the tip of a gripper."""

    name: str = param(text='new link')
    parent: str = param(text='link of the URDF')
    position: tuple[float, float, float] = param((0.0, 0.0, 0.0), 'm, in parent')
    rpy: tuple[float, float, float] = param((0.0, 0.0, 0.0), 'rad, in parent, as in a URDF')

    def __post_init__(self) -> None:
        check(self)
        check_angles('rpy', self.rpy)


@dataclass(frozen=True)
class AttachmentConfig:
    """Another URDF whose root link is fixed to a link, such as a gripper on a flange."""

    file: str = param(text='URDF or xacro file, as in urdf.file')
    parent: str = param(text='link that carries it')
    args: dict[str, str] = param({}, 'xacro arguments')
    prefix: str = param('', 'put before the names of its links and joints')
    position: tuple[float, float, float] = param((0.0, 0.0, 0.0), 'm, in parent')
    rpy: tuple[float, float, float] = param((0.0, 0.0, 0.0), 'rad, in parent, as in a URDF')

    def __post_init__(self) -> None:
        check(self)
        check_angles('rpy', self.rpy)


@dataclass(frozen=True)
class MimicConfig:
    """A joint that follows another although the URDF does not say so."""

    name: str = param(text='joint that follows')
    joint: str = param(text='joint that it follows')
    multiplier: float = param(1.0, 'position of the other one times this')
    offset: float = param(0.0, 'rad or m, added to it')

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class CapsuleConfig:
    """A capsule for collision checks; the capsules of a link replace the shapes of its URDF."""

    link: str = param(text='link that it moves with')
    radius: float = param(text='m', lo=0.001, hi=1.0)
    start: tuple[float, float, float] = param(text='m, in link, centre of one end')
    end: tuple[float, float, float] = param(text='m, in link, centre of the other end')

    def __post_init__(self) -> None:
        check(self)

    @property
    def length(self) -> float:
        """m, between the centres of its ends."""
        return float(np.linalg.norm(np.subtract(self.end, self.start)))

    @property
    def pose(self) -> Array:
        """4x4 link_from_capsule, its axis along z."""
        axis = np.subtract(self.end, self.start)
        turn = np.cross([0.0, 0.0, 1.0], axis)
        sine = float(np.linalg.norm(turn))
        if sine < 1e-12:  # along z, or a sphere
            return geometry.pose(np.add(self.start, self.end) / 2.0)
        rotation = geometry.exp_rotation(turn / sine * np.arctan2(sine, axis[2]))
        return geometry.pose_of(rotation, np.add(self.start, self.end) / 2.0)


@dataclass(frozen=True)
class UrdfConfig:
    """Source of the kinematics and shapes."""

    file: str = param(
        text='URDF or xacro: package://name/path, an absolute path, or a path relative to the '
        'robot file or to the root of the stack'
    )
    args: dict[str, str] = param({}, 'xacro arguments')
    package_dirs: tuple[str, ...] = param((), 'folders that hold packages of package:// paths')
    attach: tuple[AttachmentConfig, ...] = param((), 'further URDFs, each fixed to a link')
    frames: tuple[FrameConfig, ...] = param((), 'links to add')
    mimics: tuple[MimicConfig, ...] = param((), 'mimic joints that the URDF does not declare')
    capsules: tuple[CapsuleConfig, ...] = param((), 'made by ./vla robot shapes')
    pieces: int = param(4, 'convex pieces that the meshes of a link may be cut into', lo=1, hi=16)

    def __post_init__(self) -> None:
        check(self)
