"""The driven parts of a simulated robot: each arm and each gripper with its own controller."""

from __future__ import annotations

from collections.abc import Iterable

import mujoco
import numpy as np

from vla_core.frozen import Array
from vla_core.records.action import Trajectory
from vla_core.robot.arm import ArmConfig
from vla_core.robot.config import RobotConfig
from vla_core.robot.controller import ControllerContract
from vla_core.robot.description.urdf import finger_joints, finger_positions, pad_links
from vla_core.robot.fingers import next_finger_command
from vla_core.robot.gripper import GripperConfig
from vla_sim.controllers.joint_trajectory_controller import JointTrajectoryController
from vla_sim.controllers.servo import ServoLag
from vla_sim.scenes.robot_body import driven
from vla_sim.scenes.scene_params import SceneParams


class JointReader:
    """Positions and velocities of named joints in MuJoCo's state."""

    def __init__(self, model: mujoco.MjModel, names: tuple[str, ...]) -> None:
        self.names = names
        joints = [model.joint(name) for name in names]
        self.position = np.array([int(joint.qposadr[0]) for joint in joints])
        self.velocity = np.array([int(joint.dofadr[0]) for joint in joints])

    def measured(self, data: mujoco.MjData) -> tuple[Array, Array]:
        """Copies, each (n,)."""
        return data.qpos[self.position], data.qvel[self.velocity]


class ArmDrive:
    """One arm: trajectory controller, servo lag, actuators."""

    def __init__(
        self, model: mujoco.MjModel, arm: ArmConfig, contract: ControllerContract,
        scene: SceneParams, lead: Array,
    ) -> None:  # fmt: skip
        self.joints = JointReader(model, arm.joint_names)
        self.contract, self._lead, self._home = contract, lead, arm.home
        self._actuators = np.array([model.actuator(name).id for name in arm.joint_names])
        self.tip = int(model.body(arm.tip_frame).id)
        dt = scene.timestep
        self.controller = JointTrajectoryController(arm.joint_names, arm.home, dt, contract)
        self._servo = ServoLag(scene.servo_response, scene.filtered_lag, dt, arm.home)

    def set_home(self, data: mujoco.MjData) -> None:
        """Place the arm at home, with its servos."""
        data.qpos[self.joints.position] = self._home
        data.ctrl[self._actuators] = self._home

    def accept(self, trajectory: Trajectory, arrival: float) -> str:
        """Take a trajectory; return why it is rejected, or ''."""
        return self.controller.accept(trajectory, arrival)

    def step(self, data: mujoco.MjData, time: float) -> None:
        """Command the servos for the physics step that begins at `time` s."""
        self.controller.update(time, lambda: self._measured(data))
        position, velocity = self._servo.update(self.controller.position, self.controller.velocity)
        data.ctrl[self._actuators] = position + self._lead * velocity

    def _measured(self, data: mujoco.MjData) -> tuple[Array, Array | None]:
        position, velocity = self.joints.measured(data)
        return position, velocity if self.contract.reports_velocity else None


class GripperDrive:
    """One gripper: trajectory controller of its joint, limited in speed."""

    def __init__(
        self, model: mujoco.MjModel, robot: RobotConfig, gripper: GripperConfig, dt: float
    ) -> None:
        self.arm = gripper.arm
        self._opened = finger_positions(robot, gripper, gripper.open_width)
        self.joints = JointReader(model, finger_joints(robot, gripper))
        self._actuator = int(model.actuator(gripper.name).id)
        self._driven = driven(model, self._actuator)
        self._step = gripper.speed / gripper.opening_rate * dt  # rad or m
        opened = np.array([self._opened[gripper.joint]])
        self.controller = JointTrajectoryController((gripper.joint,), opened, dt)
        self.pads = frozenset(int(model.body(name).id) for name in pad_links(robot, gripper))
        # bodies on the link that carries the fingers
        base = int(model.body_parentid[model.joint(gripper.joint).bodyid[0]])
        self.tool = frozenset(k for k in range(model.nbody) if is_below(model, k, {base}))

    def set_open(self, data: mujoco.MjData) -> None:
        """Place the fingers open, with their servo."""
        data.qpos[self.joints.position] = list(self._opened.values())
        data.ctrl[self._actuator] = self.controller.position[0]

    def stop(self, data: mujoco.MjData) -> None:
        """Hold the fingers where they are."""
        self.controller.reset(self._measured(data)[0])

    def accept(self, trajectory: Trajectory, arrival: float) -> str:
        """Take a trajectory; return why it is rejected, or ''."""
        return self.controller.accept(trajectory, arrival)

    def step(self, data: mujoco.MjData, time: float) -> None:
        """Command the servo for the physics step that begins at `time` s."""
        self.controller.update(time, lambda: self._measured(data))
        reference = float(self.controller.position[0])
        commanded = float(data.ctrl[self._actuator])
        here = float(data.qpos[self._driven].mean())
        data.ctrl[self._actuator] = next_finger_command(commanded, here, reference, self._step)

    def _measured(self, data: mujoco.MjData) -> tuple[Array, Array]:
        position, velocity = self.joints.measured(data)
        return position[:1], velocity[:1]


def is_below(model: mujoco.MjModel, body: int, roots: Iterable[int]) -> bool:
    """True when a body is one of `roots` or hangs on one."""
    while body > 0:
        if body in roots:
            return True
        body = int(model.body_parentid[body])
    return False


def bodies_of_arms(model: mujoco.MjModel, robot: RobotConfig) -> Array:
    """(bodies,) index of the arm that a body is part of, its base included; -1 for all others."""
    roots = [int(model.joint(arm.joint_names[0]).bodyid[0]) for arm in robot.arms]
    found = np.full(model.nbody, -1)
    for body in range(1, model.nbody):
        moved_by = [k for k, root in enumerate(roots) if is_below(model, body, {root})]
        carries = [k for k, root in enumerate(roots) if is_below(model, root, {body})]
        arms = moved_by or carries
        found[body] = arms[0] if len(arms) == 1 else -1
    return found
