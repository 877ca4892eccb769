"""The simulated robot in its scene: commands in, sensors out, one physics step at a time."""

from __future__ import annotations

import mujoco
import numpy as np

from vla_core.errors import UserError
from vla_core.frozen import Array
from vla_core.records.action import Trajectory
from vla_core.records.sensing import JointState, RgbdFrame
from vla_core.robot.config import RobotConfig
from vla_core.robot.controller import ControllerContract
from vla_sim.camera import Renderer
from vla_sim.contacts import ContactPair, contacts, tool_wrench
from vla_sim.faults.kinds import Fault, FaultKind
from vla_sim.faults.world_faults import WorldFaults
from vla_sim.part_drives import ArmDrive, GripperDrive, JointReader, bodies_of_arms
from vla_sim.scenes.episode import Episode
from vla_sim.scenes.furniture import set_slide
from vla_sim.scenes.scene_model import build
from vla_sim.scenes.scene_params import SceneParams, within_reach
from vla_sim.scenes.task_truth import TaskTruth
from vla_sim.scenes.tasks import sample_episode

JUDGE_EVERY = 10  # physics steps


class SimWorld:
    """A robot, a table and a task. Not thread-safe; call `reset` first.

    A gripper's trajectory moves its joint, in rad or m (`GripperConfig.joint_position`). Joint
    vectors hold the joints of all arms in turn.
    """

    def __init__(
        self, robot: RobotConfig, scene: SceneParams, controller: ControllerContract | None = None
    ) -> None:
        """`controller`: how the emulated ones behave; by default as the robot file says."""
        self.robot, self.scene = robot, scene
        self._contracts = [controller or arm.controller for arm in robot.arms]
        self._arm_of = {joint: k for k, arm in enumerate(robot.arms) for joint in arm.joint_names}
        self._gripper_of = {gripper.joint: k for k, gripper in enumerate(robot.grippers)}
        self._renderer = Renderer(robot)
        self._is_shown = False  # the renderer is bound to this episode's model
        self._episode: Episode | None = None

    # -- episode --

    def reset(self, task: str, seed: int, **overrides: object) -> Episode:
        """Return a new episode of the task: time 0, arm at home, gripper open."""
        scene = within_reach(self.scene, self.robot)
        return self.start(sample_episode(task, seed, scene, overrides))

    def start(self, episode: Episode) -> Episode:
        """Begin the given episode."""
        built = build(self.robot, episode, self.scene)
        self.model, self.data = built.model, mujoco.MjData(built.model)
        self._lead, self._episode, self._steps, self._is_shown = built.lead, episode, 0, False
        self._set_up()
        for obj in episode.things:
            if obj.shape == 'drawer':
                set_slide(self.data, obj, obj.opening)
        self._task_truth = TaskTruth(self.model, episode, self.finger_bodies)
        self.faults = WorldFaults(self.model, self.data, self.robot, episode)
        mujoco.mj_forward(self.model, self.data)
        return episode

    def _set_up(self) -> None:
        """Create the drives of all parts, at home."""
        robot, model = self.robot, self.model
        self.arms = [
            ArmDrive(model, arm, contract, self.scene, self.lead[robot.joint_slice(arm.name)])
            for arm, contract in zip(robot.arms, self._contracts, strict=True)
        ]
        dt = self.scene.timestep
        self.grippers = [GripperDrive(model, robot, gripper, dt) for gripper in robot.grippers]
        self._parts: list[ArmDrive | GripperDrive] = [*self.arms, *self.grippers]
        names = [name for part in self._parts for name in part.joints.names]
        self._joints = JointReader(model, tuple(names))
        for arm in self.arms:
            arm.set_home(self.data)
        for gripper in self.grippers:
            gripper.set_open(self.data)
        tools = {gripper.arm: gripper.tool for gripper in self.grippers}
        self._tools = [tools.get(arm.name, frozenset()) for arm in robot.arms]
        self.finger_bodies = frozenset(body for g in self.grippers for body in g.pads)
        self._bodies_of_arms = bodies_of_arms(model, robot)

    def branch(self) -> mujoco.MjData:
        """Return a copy of the current state for a look-ahead simulation with `model`."""
        data = mujoco.MjData(self.model)
        mujoco.mj_copyData(data, self.model, self.data)
        return data

    @property
    def lead(self) -> Array:
        """(n,) s, lead time of a servo's command: it is advanced by lead × velocity."""
        return np.asarray(self._lead)

    @property
    def episode(self) -> Episode:
        """The current episode; raise UserError before the first reset."""
        if self._episode is None:
            raise UserError('the simulator has no episode: call reset first')
        return self._episode

    # -- commands --

    def command(
        self, trajectory: Trajectory, arrival: float | None = None, arm: int | None = None
    ) -> str:
        """Command an arm, by default the one whose joints are named, with a trajectory that
        arrives at `arrival` s, by default now; return '' or why it is rejected."""
        if self.faults.has(FaultKind.COMMAND_LOSS):
            return ''
        part = self._arm_of.get(next(iter(trajectory.names), ''), 0) if arm is None else arm
        return self.arms[part].accept(trajectory, self.time if arrival is None else arrival)

    def command_gripper(self, trajectory: Trajectory, gripper: int | None = None) -> str:
        """Command the joint of a gripper, by default the one that is named; return '' or why it is
        rejected."""
        if self.faults.has(FaultKind.COMMAND_LOSS):
            return ''
        named = self._gripper_of.get(next(iter(trajectory.names), ''), 0)
        part = self.grippers[named if gripper is None else gripper]
        if self.faults.has(FaultKind.GRIPPER_STUCK):
            part.stop(self.data)
            return ''
        return part.accept(trajectory, self.time)

    def step(self) -> None:
        """Advance by one physics step."""
        for arm in self.arms:
            is_scaled = bool(arm.contract.scaling_topic)
            arm.controller.scaling = self.faults.speed_scaling if is_scaled else 1.0
        for part in self._parts:
            part.step(self.data, self.time)
        mujoco.mj_step(self.model, self.data)
        self._steps += 1
        if self._steps % JUDGE_EVERY == 0:
            self._task_truth.update(self.data, self.time)

    @property
    def commanded(self) -> Array:
        """(n,) rad, what the controllers of the arms send to the servos."""
        commanded: Array = np.concatenate([arm.controller.position for arm in self.arms])
        return commanded

    @property
    def scaling_values(self) -> list[float]:
        """What the controllers of the arms publish as speed scaling, in the unit of each."""
        return [arm.controller.scaling * arm.contract.scaling_full for arm in self.arms]

    # -- sensors --

    @property
    def time(self) -> float:
        """s, simulated since the reset."""
        return self._steps * self.scene.timestep

    def joint_state(self) -> JointState:
        """Return the joints of the arms, then of each gripper that one and its mimics."""
        position, velocity = self._joints.measured(self.data)
        if not all(contract.reports_velocity for contract in self._contracts):
            velocity = np.full_like(velocity, np.nan)
        return self.faults.joints(JointState(self.time, self._joints.names, position, velocity))

    def finger(self, gripper: int = 0) -> tuple[float, float]:
        """Position and velocity of a gripper's joint, in rad or m and per s."""
        position, velocity = self.grippers[gripper].joints.measured(self.data)
        return float(position[0]), float(velocity[0])

    def wrench(self, arm: int = 0) -> Array:
        """Return (6,) N, N m that contacts exert on the gripper of an arm, at the tip in its
        axes."""
        return tool_wrench(self.model, self.data, self._tools[arm], self.arms[arm].tip)

    def base_from_tcp(self, arm: int = 0) -> Array:
        """Return the true pose of the tip of an arm, 4x4."""
        pose, tip = np.eye(4), self.arms[arm].tip
        pose[:3, :3], pose[:3, 3] = self.data.xmat[tip].reshape(3, 3), self.data.xpos[tip]
        return pose

    def render(self, camera: str) -> RgbdFrame:
        """Return the image of the camera of that name."""
        self.robot.camera(camera)
        if not self._is_shown:
            self._renderer.bind(self.model, self.episode.seed)
            self._is_shown = True
        frame = self._renderer.render(
            self.data, camera, self.time, self.episode.appearance.depth_noise
        )
        return self.faults.frame(frame)

    # -- truth --

    def success(self) -> bool:
        """True when the task is done; updated every 20 ms."""
        return self._task_truth.is_done

    def contacts(self) -> list[ContactPair]:
        """Return all contacts."""
        return contacts(self.model, self.data, self._bodies_of_arms)

    def inject(self, fault: Fault) -> None:
        """Inject a fault; see FaultKind."""
        self.faults.inject(fault)

    def close(self) -> None:
        """Free the renderer."""
        self._renderer.close()
        self._is_shown = False
