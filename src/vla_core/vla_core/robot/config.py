"""Robot configuration: one YAML in config/robots, its URDF in urdf/."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vla_core import geometry
from vla_core.errors import UserError
from vla_core.frozen import Array, frozen
from vla_core.params import check, load_params, param
from vla_core.robot.limits import JointLimits
from vla_core.stack_root import stack_root


@dataclass(frozen=True)
class UrdfConfig:
    """Source of the kinematics."""

    file: str = param(text='xacro file, relative to the root of the stack')
    args: dict[str, str] = param({}, 'xacro arguments')


@dataclass(frozen=True)
class JointConfig:
    """One joint of the arm."""

    name: str = param(text='joint in the URDF')
    home: float = param(text='rad, in the home pose')
    lower: float = param(text='rad')
    upper: float = param(text='rad')
    velocity: float = param(text='rad/s, both directions', lo=0.01, hi=20.0)
    acceleration: float = param(text='rad/s^2', lo=0.01, hi=1e3)
    jerk: float = param(text='rad/s^3', lo=0.1, hi=1e5)

    def __post_init__(self) -> None:
        check(self)
        if not self.lower <= self.home <= self.upper:
            raise ValueError(f'home of {self.name} is not between lower and upper')


GRASP_GAP = 0.003  # m, wider than commanded by this much: an object is between the fingers


@dataclass(frozen=True)
class GripperConfig:
    """A parallel gripper."""

    joint: str = param(text='finger joint that is commanded and reported')
    mimic: str = param(text='finger joint that follows; same sign and size')
    closed_width: float = param(0.0, 'm, between the pads when closed', lo=0.0, hi=0.5)
    open_width: float = param(0.08, 'm, between the pads when open', lo=0.0, hi=0.5)
    force: float = param(40.0, 'N, of each finger when grasping', lo=0.0, hi=500.0)
    speed: float = param(0.1, 'm/s, of the opening', lo=0.001, hi=1.0)

    def __post_init__(self) -> None:
        check(self)
        if not self.closed_width < self.open_width:
            raise ValueError('closed_width must be smaller than open_width')


@dataclass(frozen=True)
class CameraConfig:
    """An RGB-D camera."""

    name: str = param(text='short name, as in observations')
    kind: str = param(text='mount', choices=('scene', 'wrist'))
    topic: str = param(text='prefix of its topics')
    frame: str = param(text='optical frame; a link of the URDF for a wrist camera')
    width: int = param(320, 'px', lo=16, hi=4096)
    height: int = param(240, 'px', lo=16, hi=4096)
    fov_y: float = param(58.0, 'degrees, vertical field of view', lo=5.0, hi=150.0)
    position: tuple[float, float, float] | None = param(None, 'm, base_frame; scene cameras only')
    look_at: tuple[float, float, float] | None = param(
        None, 'm, base_frame, point at image centre; scene cameras only'
    )

    def __post_init__(self) -> None:
        check(self)
        is_scene = self.kind == 'scene'
        if (self.position is None) == is_scene or (self.look_at is None) == is_scene:
            raise ValueError(
                f'camera {self.name}: scene cameras need position and look_at, others neither'
            )

    @property
    def intrinsics(self) -> Array:
        """(3, 3) px, square pixels, principal point at image centre."""
        f = self.height / 2 / np.tan(np.radians(self.fov_y) / 2)
        return np.array([[f, 0.0, self.width / 2], [0.0, f, self.height / 2], [0.0, 0.0, 1.0]])

    @property
    def base_from_camera(self) -> Array:
        """4x4 of a scene camera, optical axes; UserError for a wrist camera, which moves."""
        if self.position is None or self.look_at is None:
            raise UserError(
                f'camera {self.name} moves with {self.frame}: its pose is from the robot model'
            )
        return geometry.look_at(self.position, self.look_at)


@dataclass(frozen=True)
class RobotConfig:
    """Content of a YAML in config/robots."""

    name: str = param(text='as in config/robots/<name>.yaml')
    urdf: UrdfConfig = param(text='kinematics and shapes')
    base_frame: str = param(text='root link; the table top is z = 0 in it')
    tip_frame: str = param(text='link between the finger tips, z out of the gripper')
    joints: tuple[JointConfig, ...] = param(text='the arm, from base to tip')
    gripper: GripperConfig = param(text='the gripper')
    tcp_speed: float = param(text='m/s, speed limit of the tip', lo=0.01, hi=3.0)
    joint_states_topic: str = param(text='sensor_msgs/JointState')
    command_topic: str = param(text='trajectory_msgs/JointTrajectory of the arm')
    gripper_command_topic: str = param(text='trajectory_msgs/JointTrajectory of the gripper joint')
    wrench_topic: str = param(text='geometry_msgs/WrenchStamped at the wrist')
    cameras: tuple[CameraConfig, ...] = param(text='RGB-D cameras')
    disabled_pairs: tuple[tuple[str, str], ...] = param(
        (), 'links whose shapes always or never collide'
    )

    def __post_init__(self) -> None:
        check(self)
        names = self.joint_names
        if not names or len(set(names)) != len(names):
            raise ValueError('joints must be at least one, with unique names')
        if not self.cameras:
            raise ValueError('cameras must be at least one: perception needs an RGB-D image')

    @property
    def joint_names(self) -> tuple[str, ...]:
        return tuple(joint.name for joint in self.joints)

    @property
    def home(self) -> Array:
        """(n,) rad, read-only, in the order of `joint_names`."""
        return frozen([joint.home for joint in self.joints])

    @functools.cached_property
    def limits(self) -> JointLimits:
        columns = {
            key: np.array([getattr(joint, key) for joint in self.joints])
            for key in ('lower', 'upper', 'velocity', 'acceleration', 'jerk')
        }
        return JointLimits(self.joint_names, **columns)

    def camera(self, name: str) -> CameraConfig:
        """The camera with that name; UserError lists the known ones."""
        for camera in self.cameras:
            if camera.name == name:
                return camera
        raise UserError(
            f'{self.name} has no camera {name!r}; '
            f'it has {", ".join(c.name for c in self.cameras) or "none"}'
        )


def known_robots() -> tuple[str, ...]:
    """Names of the robots in config/robots."""
    return tuple(sorted(path.stem for path in (stack_root() / 'config/robots').glob('*.yaml')))


def load_robot(name_or_path: str | Path) -> RobotConfig:
    """A robot by name in config/robots or by YAML file; UserError lists the known names."""
    path = Path(name_or_path)
    if path.suffix in ('.yaml', '.yml'):
        return load_params(RobotConfig, path)
    if str(name_or_path) not in known_robots():
        raise UserError(f'no robot {str(name_or_path)!r}; known: {", ".join(known_robots())}')
    return load_params(RobotConfig, stack_root() / f'config/robots/{name_or_path}.yaml')
