"""One arm of a robot: its joints, its tip, and the controller of its trajectories."""

from __future__ import annotations

from dataclasses import dataclass, field

from vla_core.frozen import Array, frozen
from vla_core.params import check, param
from vla_core.robot.angles import FASTEST, check_rate
from vla_core.robot.controller import ControllerContract
from vla_core.robot.length_scale import check_near
from vla_core.robot.ros_names import check_topic

WORKSPACE = ((0.05, -0.75, 0.0), (0.90, 0.75, 1.00))  # m, base_frame, of an arm that gives none


@dataclass(frozen=True)
class JointConfig:
    """One joint of an arm; revolute, continuous (bounded here) or prismatic (m instead of rad)."""

    name: str = param(text='joint in the URDF')
    home: float = param(text='rad, in the home pose')
    lower: float = param(text='rad')
    upper: float = param(text='rad')
    velocity: float = param(text='rad/s, both directions', lo=0.01)
    acceleration: float = param(text='rad/s^2', lo=0.01)
    jerk: float = param(text='rad/s^3', lo=0.1)

    def __post_init__(self) -> None:
        check(self)
        for key in FASTEST:
            check_rate(self.name, key, getattr(self, key))
        if not self.lower <= self.home <= self.upper:
            raise ValueError(f'home of {self.name} is not between lower and upper')


@dataclass(frozen=True)
class ArmConfig:
    """A serial chain of joints with a tool at its end."""

    tip_frame: str = param(text='link between the finger tips, z out of the gripper')
    tcp_speed: float = param(text='m/s, speed limit of the tip', lo=0.01, hi=3.0)
    joints: tuple[JointConfig, ...] = param(text='from base to tip')
    command_topic: str = param(text='trajectory_msgs/JointTrajectory')
    name: str = param('arm', 'unique among the parts')
    tcp_rotation: float = param(3.0, 'rad/s, limit of the rotation of the tool', lo=0.05, hi=20.0)
    workspace: tuple[tuple[float, float, float], tuple[float, float, float]] | None = param(
        None, 'm, base_frame, lower and upper corner of the box for the tip; none: of the shield'
    )
    wrench_topic: str = param('', 'geometry_msgs/WrenchStamped at the wrist; empty: none')
    controller: ControllerContract = field(default_factory=ControllerContract)

    def __post_init__(self) -> None:
        check(self)
        check_topic(f'arm {self.name}: command_topic', self.command_topic)
        if self.wrench_topic:
            check_topic(f'arm {self.name}: wrench_topic', self.wrench_topic)
        names = self.joint_names
        if not names or len(set(names)) != len(names):
            raise ValueError(f'arm {self.name}: joints must be at least one, with unique names')
        corner = max(self.workspace or [()], key=lambda c: max(map(abs, c), default=0.0))
        check_near(f'arm {self.name}: workspace has a corner at', corner)
        lower, upper = self.workspace or ((0.0,) * 3, (1.0,) * 3)
        if not all(low < high for low, high in zip(lower, upper, strict=True)):
            raise ValueError(f'arm {self.name}: lower corner of workspace must be below the upper')

    @property
    def joint_names(self) -> tuple[str, ...]:
        return tuple(joint.name for joint in self.joints)

    @property
    def home(self) -> Array:
        """(n,) rad, read-only, in the order of `joint_names`."""
        return frozen([joint.home for joint in self.joints])
