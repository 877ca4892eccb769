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
from vla_core.robot.fingers import next_finger_command
from vla_core.robot.urdf import finger_joints, finger_positions, pad_links
from vla_sim.camera import Renderer
from vla_sim.contacts import ContactPair, contacts, tool_wrench
from vla_sim.controllers.joint_trajectory_controller import JointTrajectoryController
from vla_sim.controllers.servo import ServoLag
from vla_sim.faults.kinds import Fault, FaultKind
from vla_sim.faults.world_faults import WorldFaults
from vla_sim.scenes.episode import Episode
from vla_sim.scenes.furniture import set_slide
from vla_sim.scenes.robot_body import driven
from vla_sim.scenes.scene_model import build
from vla_sim.scenes.scene_params import SceneParams
from vla_sim.scenes.task_truth import TaskTruth
from vla_sim.scenes.tasks import sample_episode

JUDGE_EVERY = 10  # physics steps


class SimWorld:
    """A robot, a table and a task. Not thread-safe; call `reset` first.

    The gripper's trajectory moves its joint, in rad or m (`GripperConfig.joint_position`).
    """

    def __init__(
        self, robot: RobotConfig, scene: SceneParams, controller: ControllerContract | None = None
    ) -> None:
        """`controller`: how the emulated one behaves; by default as the robot file says."""
        self.robot, self.scene = robot, scene
        self.controller = robot.arm.controller if controller is None else controller
        self._names = (*robot.joint_names, *finger_joints(robot, robot.gripper))
        self._renderer = Renderer(robot)
        self._is_shown = False  # the renderer is bound to this episode's model
        self._episode: Episode | None = None

    # -- episode --

    def reset(self, task: str, seed: int, **overrides: object) -> Episode:
        """Return a new episode of the task: time 0, arm at home, gripper open."""
        return self.start(sample_episode(task, seed, self.scene, overrides))

    def start(self, episode: Episode) -> Episode:
        """Begin the given episode."""
        built = build(self.robot, episode, self.scene)
        self.model, self.data = built.model, mujoco.MjData(built.model)
        self._lead, self._episode, self._steps, self._is_shown = built.lead, episode, 0, False
        self._index()
        self._set_home()
        for obj in episode.things:
            if obj.shape == 'drawer':
                set_slide(self.data, obj, obj.opening)
        self._task_truth = TaskTruth(self.model, episode, self.finger_bodies)
        self.faults = WorldFaults(self.model, self.data, self.robot, episode)
        mujoco.mj_forward(self.model, self.data)
        return episode

    def _index(self) -> None:
        """Look up every id that a step or a reading needs."""
        joints = [self.model.joint(name) for name in self._names]
        self._qpos = np.array([int(joint.qposadr[0]) for joint in joints])
        self._qvel = np.array([int(joint.dofadr[0]) for joint in joints])
        self._arm_ctrl = np.array(
            [self.model.actuator(name).id for name in self.robot.joint_names]
        )
        self._grip_ctrl = self.model.actuator(self.robot.gripper.name).id
        self._grip_qpos = driven(self.model, self._grip_ctrl)
        self._tip = self.model.body(self.robot.arm.tip_frame).id
        gripper = self.robot.gripper
        self.finger_bodies = frozenset(
            int(self.model.body(name).id) for name in pad_links(self.robot, gripper)
        )
        base = int(self.model.body_parentid[self.model.joint(gripper.joint).bodyid[0]])
        below = [k for k in range(self.model.nbody) if self._is_below(k, base)]
        self._tool = frozenset(below)

    def _is_below(self, body: int, root: int) -> bool:
        while body > root:
            body = int(self.model.body_parentid[body])
        return body == root

    def _set_home(self) -> None:
        gripper = self.robot.gripper
        fingers = finger_positions(self.robot, gripper, gripper.open_width)
        opened = fingers[gripper.joint]
        self.data.qpos[self._qpos] = [*self.robot.home, *fingers.values()]
        self.data.ctrl[self._arm_ctrl], self.data.ctrl[self._grip_ctrl] = self.robot.home, opened
        home, dt, scene = self.robot.home, self.scene.timestep, self.scene
        self._arm = JointTrajectoryController(self.robot.joint_names, home, dt, self.controller)
        self._grip = JointTrajectoryController((gripper.joint,), np.array([opened]), dt)
        self._servo = ServoLag(scene.servo_response, scene.filtered_lag, dt, home)

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

    def command(self, trajectory: Trajectory, arrival: float | None = None) -> str:
        """Command an arm trajectory that arrives at `arrival` s, by default now; return '' or why
        it is rejected."""
        if self.faults.has(FaultKind.COMMAND_LOSS):
            return ''
        return self._arm.accept(trajectory, self.time if arrival is None else arrival)

    def command_gripper(self, trajectory: Trajectory) -> str:
        """Command a trajectory of the gripper's joint; return '' or why it is rejected."""
        if self.faults.has(FaultKind.COMMAND_LOSS):
            return ''
        if self.faults.has(FaultKind.GRIPPER_STUCK):
            self._grip.reset(self._measured_finger()[0])
            return ''
        return self._grip.accept(trajectory, self.time)

    def step(self) -> None:
        """Advance by one physics step."""
        dt, data = self.scene.timestep, self.data
        self._arm.update(self.time, self._measured_arm)
        position, velocity = self._servo.update(self._arm.position, self._arm.velocity)
        data.ctrl[self._arm_ctrl] = position + self._lead * velocity
        most = self.robot.gripper.speed / self.robot.gripper.opening_rate * dt
        self._grip.update(self.time, self._measured_finger)
        reference = float(self._grip.position[0])
        commanded = float(data.ctrl[self._grip_ctrl])
        here = float(data.qpos[self._grip_qpos].mean())
        data.ctrl[self._grip_ctrl] = next_finger_command(commanded, here, reference, most)
        mujoco.mj_step(self.model, data)
        self._steps += 1
        if self._steps % JUDGE_EVERY == 0:
            self._task_truth.update(data, self.time)

    @property
    def commanded(self) -> Array:
        """(n,) rad, what the arm's controller sends to the servos."""
        return self._arm.position

    @property
    def speed_scaling(self) -> float:
        """Share of full speed, [0, 1], at which a scaled controller plays its trajectory."""
        return self._arm.scaling

    @speed_scaling.setter
    def speed_scaling(self, share: float) -> None:
        self._arm.scaling = share

    def _measured_arm(self) -> tuple[Array, Array | None]:
        n = len(self.robot.joint_names)
        q = self.data.qpos[self._qpos[:n]]
        return q, self.data.qvel[self._qvel[:n]] if self.controller.reports_velocity else None

    def _measured_finger(self) -> tuple[Array, Array | None]:
        k = len(self.robot.joint_names)
        return self.data.qpos[self._qpos[k : k + 1]], self.data.qvel[self._qvel[k : k + 1]]

    # -- sensors --

    @property
    def time(self) -> float:
        """s, simulated since the reset."""
        return self._steps * self.scene.timestep

    def joint_state(self) -> JointState:
        """Return the arm joints, the joint of the gripper, and those that mimic it."""
        data = self.data
        velocity = data.qvel[self._qvel]
        if not self.controller.reports_velocity:
            velocity = np.full_like(velocity, np.nan)
        sample = JointState(self.time, self._names, data.qpos[self._qpos], velocity)
        return self.faults.joints(sample)

    def wrench(self) -> Array:
        """Return (6,) N, N m that contacts exert on the gripper, at the tip in its axes."""
        return tool_wrench(self.model, self.data, self._tool, self._tip)

    def base_from_tcp(self) -> Array:
        """Return the true pose of the tip, 4x4."""
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = (
            self.data.xmat[self._tip].reshape(3, 3),
            self.data.xpos[self._tip],
        )
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
        return contacts(self.model, self.data)

    def inject(self, fault: Fault) -> None:
        """Inject a fault; see FaultKind."""
        self.faults.inject(fault)

    def close(self) -> None:
        """Free the renderer."""
        self._renderer.close()
        self._is_shown = False
