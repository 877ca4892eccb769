"""The drivers of a simulated robot: messages as they are on the graph, with planted mistakes."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from std_msgs.msg import Bool, Float64

from vla_core.records.action import Trajectory
from vla_core.records.sensing import JointState, RgbdFrame
from vla_core.robot.config import RobotConfig
from vla_core.robot.controller import ControllerContract
from vla_ros import topics
from vla_ros.convert.camera_info import camera_info_to_msg
from vla_ros.convert.image import image_to_msg
from vla_ros.convert.sensing import JOINTS, wrench_to_msg
from vla_sim.world import SimWorld

EPOCH = 1000.0  # s, ROS time at the start of the simulation: a stamp is never zero


@dataclass(frozen=True)
class DriverFaults:
    """What is wrong with the drivers of a robot; the default is nothing."""

    swapped: tuple[str, str] | None = None  # joints whose names are exchanged in joint states
    inverted: str = ''  # joint with the wrong sign in joint states
    is_consistent: bool = False  # commands have the same mistake as joint states
    is_in_degrees: bool = False
    lost_joint: str = ''
    has_velocity: bool = True
    joint_rate: float = 100.0  # Hz
    clock_offset: float = 0.0  # s, that stamps of joint states are ahead
    depth_delay: float = 0.0  # s, of the stamps of depth
    is_bgr: bool = False  # blue and red exchanged, and labelled rgb8
    depth_scale: float = 1.0  # of the published values
    depth_shift: int = 0  # px, that depth is shifted to the right
    is_uncalibrated: bool = False  # K is zero
    image_rate: float = 10.0  # Hz
    scaling: float = 100.0  # %, of the speed slider
    e_stop: bool | None = False  # pressed; None: not published


class SimulatedDriver:
    """Sensors and commands of a world whose true robot is `world.robot`."""

    def __init__(
        self, world: SimWorld, faults: DriverFaults, contract: ControllerContract | None = None
    ) -> None:
        """`contract`: of the true controller; by default that of the true robot."""
        self.world, self.faults = world, faults
        self.contract = contract or world.robot.arm.controller
        self._next_joints, self._next_images = 0.0, 0.0  # s, simulated time
        self._late: list[tuple[float, str, Any]] = []  # s, simulated time, of arrival

    @property
    def now(self) -> float:
        """s, ROS time."""
        return EPOCH + self.world.time

    def joint_state(self) -> JointState:
        """The joint states as the driver reports them."""
        f, state = self.faults, self.world.joint_state()
        names, velocity = list(state.names), np.array(state.velocity)
        position = np.array(state.position)
        if f.inverted:
            k = names.index(f.inverted)
            position[k], velocity[k] = -position[k], -velocity[k]
        names = [self._label(name) for name in names]
        if f.is_in_degrees:
            arm = [k for k, name in enumerate(names) if name in self.world.robot.joint_names]
            position[arm], velocity[arm] = np.degrees(position[arm]), np.degrees(velocity[arm])
        if not f.has_velocity:
            velocity = np.full(len(names), np.nan)
        kept = [k for k, name in enumerate(names) if name != f.lost_joint]
        stamp = state.stamp + EPOCH + f.clock_offset
        return JointState(stamp, tuple(names[k] for k in kept), position[kept], velocity[kept])

    def _label(self, name: str) -> str:
        pair = self.faults.swapped
        return name if pair is None or name not in pair else pair[1 - pair.index(name)]

    def joints_due(self) -> JointState | None:
        """A new sample when it is due."""
        if self.world.time < self._next_joints - 1e-9 or self.world.faults.is_joint_state_lost:
            return None
        self._next_joints = self.world.time + 1.0 / self.faults.joint_rate
        return self.joint_state()

    def command(self, trajectory: Trajectory) -> str:
        """Take a trajectory of the arm; return why it is refused, or ''."""
        f, position = self.faults, np.array(trajectory.position)
        velocity, names = np.array(trajectory.velocity), trajectory.names
        if f.is_consistent:
            names = tuple(self._label(name) for name in names)
            if f.inverted:
                k = names.index(f.inverted)
                position[:, k], velocity[:, k] = -position[:, k], -velocity[:, k]
        return self.world.command(dataclasses.replace(
            trajectory, stamp=trajectory.stamp - EPOCH if trajectory.stamp else 0.0, names=names,
            position=position, velocity=velocity,
        ))  # fmt: skip

    def command_gripper(self, trajectory: Trajectory) -> str:
        stamp = trajectory.stamp - EPOCH if trajectory.stamp else 0.0
        return self.world.command_gripper(dataclasses.replace(trajectory, stamp=stamp))

    def frame_messages(self, frame: RgbdFrame) -> tuple[Any, Any, Any]:
        """Colour, depth and camera info."""
        f, at, where = self.faults, frame.stamp + EPOCH, frame.model.frame
        rgb = frame.rgb[..., ::-1] if f.is_bgr else frame.rgb
        depth = np.roll(frame.depth, f.depth_shift, axis=1) if f.depth_shift else frame.depth
        info = camera_info_to_msg(frame.model, at)
        if f.is_uncalibrated:
            info.k, info.p = np.zeros(9), np.zeros(12)
        return (
            image_to_msg(rgb, 'rgb8', at, where),
            image_to_msg(depth * np.float32(f.depth_scale), '32FC1', at + f.depth_delay, where),
            info,
        )

    def messages(self, robot: RobotConfig) -> Iterator[tuple[str, Any]]:
        """Everything but joint states that is due, by topic; `robot`: the robot file."""
        f, world = self.faults, self.world
        while self._late and self._late[0][0] <= world.time + 1e-9:
            yield self._late.pop(0)[1:]
        if world.time < self._next_images - 1e-9:
            return
        self._next_images = world.time + 1.0 / f.image_rate
        for camera in world.robot.cameras:
            names = [topic.name for topic in topics.camera(camera)]
            colour, depth, info = self.frame_messages(world.render(camera.name))
            self._late.append((world.time + f.depth_delay, names[1], depth))
            yield names[0], colour
            yield names[2], info
        arm = robot.arm
        if arm.wrench_topic:
            yield arm.wrench_topic, wrench_to_msg(world.wrench(), self.now, arm.tip_frame)
        if arm.controller.scaling_topic:
            yield arm.controller.scaling_topic, Float64(data=f.scaling)
        if f.e_stop is not None:
            yield '/e_stop', Bool(data=f.e_stop)


def joints_message(state: JointState) -> Any:
    """As on the wire; a joint state without velocity has an empty array."""
    message = JOINTS.to_msg(state)
    if not any(math.isfinite(v) for v in state.velocity):
        message.velocity = type(message.velocity)('d')
    return message
