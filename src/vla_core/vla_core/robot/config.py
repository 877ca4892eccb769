"""Robot configuration: one YAML in config/robots, its URDF in urdf/."""

from __future__ import annotations

import dataclasses
import functools
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vla_core.errors import UserError
from vla_core.frozen import Array, frozen
from vla_core.params import check, load_params, param
from vla_core.robot.arm import ArmConfig, JointConfig
from vla_core.robot.camera import CameraConfig
from vla_core.robot.description.urdf_config import UrdfConfig
from vla_core.robot.gripper import GripperConfig
from vla_core.robot.limits import JointLimits
from vla_core.robot.obstacle import ObstacleConfig, PlacementConfig
from vla_core.robot.ros_names import check_one_reader, check_topic
from vla_core.stack_root import stack_root

PUBLIC = 'config/robots/public'  # robots whose descriptions are installed on demand


@dataclass(frozen=True)
class RobotConfig:
    """Content of a YAML in config/robots: the parts of a robot in one frame tree.

    Joint vectors of the whole robot hold the joints of all arms, one arm after the other. Names of
    topics without a leading / are in the namespace of the nodes, as anywhere in ROS.
    """

    name: str = param(text='as in config/robots/<name>.yaml')
    urdf: UrdfConfig = param(text='kinematics and shapes')
    base_frame: str = param(text="the stack's frame: z = 0 is the surface that it works on")
    arms: tuple[ArmConfig, ...] = param(text='one or more')
    grippers: tuple[GripperConfig, ...] = param(text='at most one of each arm')
    joint_states_topic: str = param(text='sensor_msgs/JointState')
    cameras: tuple[CameraConfig, ...] = param(text='RGB-D cameras')
    mount: PlacementConfig = param(PlacementConfig(), 'root link of the URDF in base_frame')
    obstacles: tuple[ObstacleConfig, ...] = param((), 'static, beside the work surface')
    fixed_joints: dict[str, float] = param(
        {}, 'rad or m, joints of the URDF that no part moves: their position'
    )
    disabled_pairs: tuple[tuple[str, str], ...] = param(
        (), 'links whose shapes always or never collide'
    )

    def __post_init__(self) -> None:
        check(self)
        if not re.fullmatch(r'\w[\w.-]*', self.name):
            raise ValueError(f'name is {self.name!r}: letters, digits, _, . and -; it names files')
        if not self.arms:
            raise ValueError('arms must be at least one')
        if not self.cameras:
            raise ValueError('cameras must be at least one: perception needs an RGB-D image')
        _unique('joints', self.joint_names)
        arms = tuple(arm.name for arm in self.arms)
        grippers = tuple(gripper.name for gripper in self.grippers)
        _unique('parts', (*arms, *grippers))
        carried = tuple(gripper.arm for gripper in self.grippers)
        _unique('grippers of an arm', carried)
        _unique('cameras', tuple(camera.name for camera in self.cameras))
        images = (camera.topics[:2] for camera in self.cameras)
        _unique('image topics', tuple(topic for pair in images for topic in pair))
        unknown = set(carried) - set(arms)
        if unknown:
            raise ValueError(f'a gripper is on arm {sorted(unknown)}; known: {", ".join(arms)}')
        self._check_topics()
        alone = [first for first, second in self.disabled_pairs if first == second]
        if alone:
            raise ValueError(
                f'disabled_pairs has [{alone[0]}, {alone[0]}], a link with itself; give two links'
            )

    def _check_topics(self) -> None:
        check_topic('joint_states_topic', self.joint_states_topic)
        check_one_reader(
            {f'command_topic of arm {arm.name}': arm.command_topic for arm in self.arms}
            | {f'command_topic of gripper {g.name}': g.command_topic for g in self.grippers}
            | {'joint_states_topic': self.joint_states_topic}
        )

    @property
    def arm(self) -> ArmConfig:
        """The arm of a robot with one; UserError for more."""
        if len(self.arms) > 1:
            raise UserError(f'{self.name} has {len(self.arms)} arms; this part works with one')
        return self.arms[0]

    @property
    def gripper(self) -> GripperConfig:
        """The gripper of a robot with one; UserError for more, or none."""
        if len(self.grippers) != 1:
            raise UserError(
                f'{self.name} has {len(self.grippers)} grippers; this part works with one'
            )
        return self.grippers[0]

    @property
    def joints(self) -> tuple[JointConfig, ...]:
        """Of all arms, one arm after the other."""
        return tuple(joint for arm in self.arms for joint in arm.joints)

    @property
    def joint_names(self) -> tuple[str, ...]:
        return tuple(joint.name for joint in self.joints)

    def joint_slice(self, arm: str) -> slice:
        """Where the joints of an arm stand in a joint vector; UserError lists the known arms."""
        start = 0
        for part in self.arms:
            if part.name == arm:
                return slice(start, start + len(part.joints))
            start += len(part.joints)
        known = ', '.join(part.name for part in self.arms)
        raise UserError(f'{self.name} has no arm {arm!r}; it has {known}')

    def gripper_of(self, arm: str) -> GripperConfig | None:
        """The gripper that an arm carries, or None."""
        return next((gripper for gripper in self.grippers if gripper.arm == arm), None)

    def part(self, arm: str) -> RobotConfig:
        """The robot reduced to one arm and its gripper; its URDF still has all."""
        k = tuple(part.name for part in self.arms).index(arm)
        grippers = tuple(gripper for gripper in self.grippers if gripper.arm == arm)
        return dataclasses.replace(self, arms=self.arms[k : k + 1], grippers=grippers)

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
        tolerated = [arm.controller.tolerated_speed for arm in self.arms for _ in arm.joints]
        columns['velocity'] = np.minimum(columns['velocity'], tolerated)
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


def _unique(what: str, names: tuple[str, ...]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f'{what} must be unique; {", ".join(twice)} is given twice')


def known_robots() -> tuple[str, ...]:
    """Names of the robots in config/robots."""
    return tuple(sorted(path.stem for path in (stack_root() / 'config/robots').glob('*.yaml')))


def public_robots() -> tuple[str, ...]:
    """Names of the robots in config/robots/public, whose descriptions are installed on demand."""
    return tuple(sorted(path.stem for path in (stack_root() / PUBLIC).glob('*.yaml')))


def single_arm_robots() -> tuple[str, ...]:
    """Names of the robots in config/robots that have one arm."""
    return tuple(name for name in known_robots() if len(load_robot(name).arms) == 1)


def load_robot(name_or_path: str | Path) -> RobotConfig:
    """A robot by name in config/robots or by YAML file; UserError lists the known names."""
    path = robot_file(name_or_path)
    return _found_files(load_params(RobotConfig, path), path.resolve().parent)


def robot_file(name_or_path: str | Path) -> Path:
    """The file of a robot; UserError lists the known names."""
    path, name = Path(name_or_path), str(name_or_path)
    if path.suffix in ('.yaml', '.yml'):
        return path
    if name in known_robots():
        return stack_root() / f'config/robots/{name}.yaml'
    if name in public_robots():
        return stack_root() / PUBLIC / f'{name}.yaml'
    known = ', '.join((*known_robots(), *public_robots()))
    raise UserError(f'no robot {name!r}; known: {known}')


def _found_files(robot: RobotConfig, folder: Path) -> RobotConfig:
    """The robot with the files that are relative to its own file as absolute paths."""

    def found(file: str) -> str:
        path = folder / file
        return str(path) if not Path(file).is_absolute() and path.is_file() else file

    urdf = robot.urdf
    attach = tuple(dataclasses.replace(part, file=found(part.file)) for part in urdf.attach)
    urdf = dataclasses.replace(urdf, file=found(urdf.file), attach=attach)
    return dataclasses.replace(robot, urdf=urdf)
