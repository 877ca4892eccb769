"""The digital twin: one candidate after the other is played in a simulation, and what becomes of
the thing is looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from vla_core import geometry
from vla_core.frozen import Array
from vla_core.robot.config import RobotConfig
from vla_core.robot.fingers import next_finger_command
from vla_monitor.steering.goal import StepGoal
from vla_monitor.steering.outcome import CandidateOutcome, OutcomeMoment
from vla_monitor.steering.path import JointPath, ToolPath
from vla_sim.scenes.robot_body import GRIPPER
from vla_sim.scenes.task_truth import touching

Indices = NDArray[np.intp]
SETTLE = 0.06  # s, in which contacts come about
LIFTED = 0.01  # m, above where it would rest: a thing that is neither held nor resting falls
NUDGED = 0.03  # m, other things may be moved by this much


@dataclass(frozen=True)
class TwinStage:
    """A simulation to play in: of the perceived scene, or a branch of the real simulator."""

    model: mujoco.MjModel
    data: mujoco.MjData
    thing: int  # body id of the thing; -1: none
    others: tuple[int, ...] = ()  # bodies that should stay where they are
    lead: Array | float = 0.0  # s, what a servo's command runs ahead by, times the velocity


@dataclass(frozen=True)
class Handles:
    """Where the robot is in a model."""

    position: Indices  # of joints and fingers in qpos
    velocity: Indices  # of them in qvel
    arm: Indices  # actuators
    grip: int  # actuator
    tip: int  # body
    fingers: frozenset[int]  # bodies


def handles_of(model: mujoco.MjModel, robot: RobotConfig) -> Handles:
    """Return the handles; to look them up at every step would take longer than the step."""
    fingers = (robot.gripper.joint, robot.gripper.mimic)
    joints = [model.joint(name) for name in (*robot.joint_names, *fingers)]
    return Handles(
        position=np.array([int(joint.qposadr[0]) for joint in joints]),
        velocity=np.array([int(joint.dofadr[0]) for joint in joints]),
        arm=np.array([int(model.actuator(name).id) for name in robot.joint_names]),
        grip=int(model.actuator(GRIPPER).id),
        tip=int(model.body(robot.tip_frame).id),
        fingers=frozenset(int(model.joint(name).bodyid[0]) for name in fingers),
    )


class Player:
    """Plays joint paths on a stage. Not thread-safe."""

    def __init__(self, robot: RobotConfig) -> None:
        self.robot = robot
        self._model: mujoco.MjModel | None = None
        self._known: Handles | None = None

    def handles(self, model: mujoco.MjModel) -> Handles:
        """Return the handles of the model; kept until another model comes."""
        if self._known is None or model is not self._model:
            self._model, self._known = model, handles_of(model, self.robot)
        return self._known

    def pose(self, stage: TwinStage, q: Array, opening: float, asked: float) -> None:
        """Put the arm at `q` (n,) rad with the fingers `opening` m apart, holding what is
        between them."""
        h, data = self.handles(stage.model), stage.data
        data.qpos[h.position] = [*q, opening / 2, opening / 2]
        data.qvel[h.velocity] = 0.0
        data.ctrl[h.arm], data.ctrl[h.grip] = q, asked / 2
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
        """Return what becomes of the candidate from the state of the stage; None when `is_late`
        said so on the way."""
        moments = [self.look(stage)]
        before = [stage.data.xpos[k].copy() for k in stage.others]
        rows, stops = np.r_[0, joints.rows], np.vstack([q, joints.q])
        steps = max(round(path.step / stage.model.opt.timestep), 1)
        for row in range(len(path.poses)):
            if is_late():
                return None
            here = self._between(rows, stops, row)
            ahead = self._between(rows, stops, row + 1)
            for k in range(steps):
                wish = here + (k + 1) / steps * (ahead - here)
                wish = wish + stage.lead * (ahead - here) / path.step
                self._command(stage, wish, float(path.opening[row]))
                mujoco.mj_step(stage.model, stage.data)
            moments.append(self.look(stage))
        moved = self._moved(stage, before)
        return CandidateOutcome(tuple(moments), self._faults(moments, moved, purpose))

    def look(self, stage: TwinStage) -> OutcomeMoment:
        """Return the moment that the stage shows."""
        h, data = self.handles(stage.model), stage.data
        rotation, tcp = data.xmat[h.tip].reshape(3, 3), data.xpos[h.tip].copy()
        opening = float(data.qpos[h.position[-2:]].sum())
        thing = data.xpos[stage.thing].copy() if stage.thing >= 0 else tcp
        yaw = float(geometry.yaw(geometry.pose_of(rotation, tcp)))
        return OutcomeMoment(tcp, yaw, opening, thing, self._holds(stage, h.fingers))

    def _holds(self, stage: TwinStage, fingers: frozenset[int]) -> bool:
        """True when both fingers touch the thing."""
        if stage.thing < 0:
            return False
        return len(touching(stage.model, stage.data, stage.thing, fingers)) == 2

    def _between(self, rows: Array, stops: Array, row: int) -> Array:
        """(n,) rad at a row, straight between the rows that were solved."""
        return np.array([np.interp(row, rows, column) for column in stops.T])

    def _command(self, stage: TwinStage, q: Array, opening: float) -> None:
        h, data, gripper = self.handles(stage.model), stage.data, self.robot.gripper
        data.ctrl[h.arm] = q
        most = 0.5 * gripper.speed * stage.model.opt.timestep
        wanted = 0.5 * min(max(opening, gripper.closed_width), gripper.open_width)
        here = float(data.qpos[h.position[-2:]].mean())
        data.ctrl[h.grip] = next_finger_command(float(data.ctrl[h.grip]), here, wanted, most)

    def _moved(self, stage: TwinStage, before: list[Array]) -> float:
        """m, how far the one that was moved most has moved."""
        now = [stage.data.xpos[k] for k in stage.others]
        ways = [float(np.linalg.norm(b - a)) for a, b in zip(before, now, strict=True)]
        return max(ways, default=0.0)

    def _faults(
        self, moments: list[OutcomeMoment], moved: float, purpose: StepGoal
    ) -> tuple[str, ...]:
        faults = []
        if moved > NUDGED:
            faults.append(f'moves other things by {moved * 1e2:.0f} cm')
        thing, first, last = purpose.thing, moments[0], moments[-1]
        if thing is not None and first.is_holding and not last.is_holding:
            place = purpose.place
            away = np.inf
            if place is not None:
                away = float(np.abs(last.thing[:2] - place.position[:2]).max())
            is_in = place is not None and away <= 0.5 * float(max(place.size[:2]))
            has_fallen = first.thing[2] - last.thing[2] > LIFTED and not is_in
            if has_fallen:
                faults.append(f'the {thing.label} falls')
        return tuple(faults)
