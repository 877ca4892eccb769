"""Faults in a running world: some change the physics, others the sensor data."""

from __future__ import annotations

import dataclasses

import mujoco
import numpy as np

from vla_core.errors import UserError
from vla_core.records.scene import Role
from vla_core.records.sensing import JointState, RgbdFrame
from vla_core.robot.config import RobotConfig
from vla_sim.faults.kinds import Fault, FaultKind
from vla_sim.scenes.episode import Episode, SceneObject
from vla_sim.scenes.robot_body import OBJECT, ROBOT

FAR_AWAY = (8.0, 0.0)  # m, base frame: behind the scene camera
GRAVITY = 9.81  # m/s^2


class WorldFaults:
    """The faults of one episode; FaultKind.NONE removes all, moved objects stay."""

    def __init__(
        self, model: mujoco.MjModel, data: mujoco.MjData, robot: RobotConfig, episode: Episode
    ) -> None:
        self._model, self._data, self._robot, self._episode = model, data, robot, episode
        self._friction, self._grip = model.geom_friction.copy(), model.actuator_forcerange.copy()
        self._active: dict[FaultKind, Fault] = {}
        self._frozen: dict[str, JointState | RgbdFrame] = {}
        self._rng = np.random.default_rng(episode.seed)

    def has(self, kind: FaultKind) -> bool:
        """True while that fault is active."""
        return kind in self._active

    def inject(self, fault: Fault) -> None:
        """Activate the fault."""
        acts = {
            FaultKind.NONE: self._remove_all,
            FaultKind.SLIPPERY: self._slip,
            FaultKind.MOVE_TARGET: self._move_target,
            FaultKind.REMOVE_TARGET: self._remove_target,
            FaultKind.PAYLOAD: self._load,
            FaultKind.WEAK_GRIPPER: self._weaken,
        }
        if fault.kind in acts:
            acts[fault.kind](fault)
        if fault.kind != FaultKind.NONE:
            self._active[fault.kind] = fault

    @property
    def is_joint_state_lost(self) -> bool:
        """True while no joint states are published."""
        return self.has(FaultKind.JOINT_SILENCE)

    @property
    def speed_scaling(self) -> float:
        """Share of full speed at which a scaled controller plays its trajectory."""
        slider = self._active.get(FaultKind.SPEED_SLIDER)
        return 1.0 if slider is None else slider.amount

    def joints(self, sample: JointState) -> JointState:
        """Return the joint state with the active faults applied."""
        if self.has(FaultKind.JOINT_NAN):
            nothing = np.full(len(sample.names), np.nan)
            return dataclasses.replace(sample, position=nothing, velocity=nothing)
        if self.has(FaultKind.JOINT_FREEZE):
            return self._frozen.setdefault('joints', sample)  # type: ignore[return-value]
        if self.has(FaultKind.JOINT_STUCK):
            stuck = self._frozen.setdefault('joints', sample)
            return dataclasses.replace(stuck, stamp=sample.stamp)  # type: ignore[return-value]
        return sample

    def frame(self, frame: RgbdFrame) -> RgbdFrame:
        """Return the frame with the active faults applied."""
        if self.has(FaultKind.CAMERA_FREEZE):
            return self._frozen.setdefault(frame.camera, frame)  # type: ignore[return-value]
        if self.has(FaultKind.CAMERA_BLACK):
            return dataclasses.replace(
                frame, rgb=np.zeros_like(frame.rgb), depth=np.zeros_like(frame.depth)
            )
        holes = self._active.get(FaultKind.DEPTH_HOLES)
        if holes is not None:
            lost = self._rng.random(frame.depth.shape, dtype=np.float32) < holes.amount
            return dataclasses.replace(frame, depth=np.where(lost, np.float32(0.0), frame.depth))
        return frame

    def _remove_all(self, _: Fault) -> None:
        self._model.geom_friction[:] = self._friction
        self._model.actuator_forcerange[:] = self._grip
        self._data.xfrc_applied[:] = 0.0
        self._active.clear()
        self._frozen.clear()

    def _slip(self, fault: Fault) -> None:
        slides = ((self._model.geom_contype & (ROBOT | OBJECT)) != 0) & (
            self._model.geom_priority > 0
        )
        self._model.geom_friction[slides, 0] = fault.amount

    def _weaken(self, fault: Fault) -> None:
        for gripper in self._robot.grippers:
            k = self._model.actuator(gripper.name).id
            self._model.actuator_forcerange[k] = self._grip[k] * fault.amount

    def _load(self, fault: Fault) -> None:
        tip = self._model.body(self._robot.arms[0].tip_frame).id
        self._data.xfrc_applied[tip, 2] = -fault.amount * GRAVITY

    def _move_target(self, fault: Fault) -> None:
        obj = self._target(fault)
        place = self._data.body(obj.name).xpos
        sign = -1.0 if place[1] > 0.0 else 1.0  # towards the middle of the table
        move_object(
            self._model, self._data, obj, (place[0], place[1] + sign * fault.amount, place[2])
        )

    def _remove_target(self, fault: Fault) -> None:
        obj = self._target(fault)
        move_object(self._model, self._data, obj, (*FAR_AWAY, obj.position[2]))

    def _target(self, fault: Fault) -> SceneObject:
        target = self._episode.by_role(Role.TARGET)
        if target is None:
            raise UserError(
                f"fault '{fault.kind.value}' needs a target, and this episode has none"
            )
        return target


def move_object(
    model: mujoco.MjModel,
    data: mujoco.MjData,
    obj: SceneObject,
    position: tuple[float, float, float],
) -> None:
    """Set an object's centre to `position` m, base frame, at rest; its rotation is kept."""
    body = model.body(obj.name)
    if obj.is_free or obj.shape == 'box':
        data.joint(obj.name).qpos[:3] = position
        data.joint(obj.name).qvel[:] = 0.0
    else:
        model.body_pos[body.id] = position
    mujoco.mj_forward(model, data)
