"""The digital twin: candidates are simulated one after the other, and the target is observed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from vla_core import geometry
from vla_core.frozen import Array
from vla_core.robot.config import RobotConfig
from vla_core.robot.description.urdf import finger_joints, finger_positions, pad_links
from vla_core.robot.fingers import next_finger_command
from vla_monitor.steering.goal import StepGoal
from vla_monitor.steering.outcome import CandidateOutcome, OutcomeMoment
from vla_monitor.steering.path import JointPath, ToolPath
from vla_sim.scenes.robot_body import driven
from vla_sim.scenes.task_truth import touching

Indices = NDArray[np.intp]
SETTLE = 0.06  # s, for contacts to settle
LIFTED = 0.01  # m, a released object that descends further has fallen
NUDGED = 0.03  # m, largest accepted displacement of other objects


@dataclass(frozen=True)
class TwinStage:
    """A simulation of the perceived scene, or a copy of the simulator."""

    model: mujoco.MjModel
    data: mujoco.MjData
    target: int  # body id of the object; -1: none
    others: tuple[int, ...] = ()  # bodies that should not move
    lead: Array | float = 0.0  # s, a servo command leads by this times the velocity


@dataclass(frozen=True)
class Handles:
    """Indices of the robot in a model."""

    position: Indices  # of joints and fingers in qpos
    velocity: Indices  # of them in qvel
    arm: Indices  # actuators
    grip: int  # actuator
    driven: Indices  # joints of the gripper in qpos whose mean it drives
    tip: int  # body
    fingers: frozenset[int]  # bodies that touch what is held


def handles_of(model: mujoco.MjModel, robot: RobotConfig) -> Handles:
    """Return the handles; a lookup at every step would take longer than the step."""
    fingers = finger_joints(robot, robot.gripper)
    joints = [model.joint(name) for name in (*robot.joint_names, *fingers)]
    grip = int(model.actuator(robot.gripper.name).id)
    return Handles(
        position=np.array([int(joint.qposadr[0]) for joint in joints]),
        velocity=np.array([int(joint.dofadr[0]) for joint in joints]),
        arm=np.array([int(model.actuator(name).id) for name in robot.joint_names]),
        grip=grip,
        driven=driven(model, grip),
        tip=int(model.body(robot.arm.tip_frame).id),
        fingers=frozenset(int(model.body(link).id) for link in pad_links(robot, robot.gripper)),
    )


class Player:
    """Executes joint paths in a simulation. Not thread-safe."""

    def __init__(self, robot: RobotConfig) -> None:
        self.robot = robot
        self._model: mujoco.MjModel | None = None
        self._known: Handles | None = None

    def handles(self, model: mujoco.MjModel) -> Handles:
        """Return the handles of the model, cached until the model changes."""
        if self._known is None or model is not self._model:
            self._model, self._known = model, handles_of(model, self.robot)
        return self._known

    def pose(self, stage: TwinStage, q: Array, opening: float, commanded: float) -> None:
        """Set the arm to `q` (n,) rad and the fingers to `opening` m, and let contacts settle."""
        h, data = self.handles(stage.model), stage.data
        gripper = self.robot.gripper
        data.qpos[h.position] = [*q, *finger_positions(self.robot, gripper, opening).values()]
        data.qvel[h.velocity] = 0.0
        data.ctrl[h.arm], data.ctrl[h.grip] = q, gripper.joint_position(commanded)
        mujoco.mj_step(stage.model, data, round(SETTLE / stage.model.opt.timestep))

    def play(
        self,
        stage: TwinStage,
        q: Array,
        path: ToolPath,
        joints: JointPath,
        purpose: StepGoal,
        is_late: Callable[[], bool],
    ) -> CandidateOutcome | None:
        """Simulate the candidate from the present state; None when `is_late` becomes true."""
        moments = [self.observe(stage)]
        before = [stage.data.xpos[k].copy() for k in stage.others]
        rows, stops = np.r_[0, joints.rows], np.vstack([q, joints.q])
        steps = max(round(path.step / stage.model.opt.timestep), 1)
        for row in range(len(path.poses)):
            if is_late():
                return None
            here = self._between(rows, stops, row)
            ahead = self._between(rows, stops, row + 1)
            for k in range(steps):
                command = here + (k + 1) / steps * (ahead - here)
                command = command + stage.lead * (ahead - here) / path.step
                self._command(stage, command, float(path.opening[row]))
                mujoco.mj_step(stage.model, stage.data)
            moments.append(self.observe(stage))
        moved = self._moved(stage, before)
        return CandidateOutcome(tuple(moments), self._faults(moments, moved, purpose))

    def observe(self, stage: TwinStage) -> OutcomeMoment:
        """Return the present state of the simulation."""
        h, data = self.handles(stage.model), stage.data
        rotation, tcp = data.xmat[h.tip].reshape(3, 3), data.xpos[h.tip].copy()
        opening = self.robot.gripper.opening(float(data.qpos[h.driven].mean()))
        target = data.xpos[stage.target].copy() if stage.target >= 0 else tcp
        yaw = float(geometry.yaw(geometry.pose_of(rotation, tcp)))
        return OutcomeMoment(tcp, yaw, opening, target, self._holds(stage, h.fingers))

    def _holds(self, stage: TwinStage, fingers: frozenset[int]) -> bool:
        """True when both fingers touch the object."""
        if stage.target < 0:
            return False
        return len(touching(stage.model, stage.data, stage.target, fingers)) == 2

    def _between(self, rows: Array, stops: Array, row: int) -> Array:
        """(n,) rad at a row, interpolated between the solved rows."""
        return np.array([np.interp(row, rows, column) for column in stops.T])

    def _command(self, stage: TwinStage, q: Array, opening: float) -> None:
        h, data, gripper = self.handles(stage.model), stage.data, self.robot.gripper
        data.ctrl[h.arm] = q
        most = gripper.speed / gripper.opening_rate * stage.model.opt.timestep
        width = min(max(opening, gripper.closed_width), gripper.open_width)
        wanted = gripper.joint_position(width)
        here = float(data.qpos[h.driven].mean())
        data.ctrl[h.grip] = next_finger_command(float(data.ctrl[h.grip]), here, wanted, most)

    def _moved(self, stage: TwinStage, before: list[Array]) -> float:
        """m, largest displacement of the other objects."""
        now = [stage.data.xpos[k] for k in stage.others]
        distances = [float(np.linalg.norm(b - a)) for a, b in zip(before, now, strict=True)]
        return max(distances, default=0.0)

    def _faults(
        self, moments: list[OutcomeMoment], moved: float, purpose: StepGoal
    ) -> tuple[str, ...]:
        faults = []
        if moved > NUDGED:
            faults.append(f'moves other objects by {moved * 1e2:.0f} cm')
        target, first, last = purpose.target, moments[0], moments[-1]
        if target is not None and first.is_holding and not last.is_holding:
            place = purpose.place
            away = np.inf
            if place is not None:
                away = float(np.abs(last.target[:2] - place.position[:2]).max())
            is_in = place is not None and away <= 0.5 * float(max(place.size[:2]))
            has_fallen = first.target[2] - last.target[2] > LIFTED and not is_in
            if has_fallen:
                faults.append(f'the {target.label} falls')
        return tuple(faults)
