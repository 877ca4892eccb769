"""The inputs of all arms: a message reaches those whose joints it names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vla_core.frozen import Array
from vla_core.records.action import Target
from vla_core.records.safety import Decision
from vla_core.records.scene import GroundedScene
from vla_core.records.sensing import JointState
from vla_core.robot.config import RobotConfig
from vla_shield.inputs.buffer import InputBuffer
from vla_shield.inputs.controller_scaling import ControllerScaling
from vla_shield.inputs.input_status import InputStatus
from vla_shield.params import ShieldParams


class RobotInputs:
    """One `InputBuffer` per arm, with its gripper; vectors hold the joints of all arms in turn."""

    def __init__(self, params: ShieldParams, robot: RobotConfig) -> None:
        self.names = tuple(arm.name for arm in robot.arms)
        self.arms = [InputBuffer(params, robot.part(name)) for name in self.names]
        self._arm_of = {joint: k for k, arm in enumerate(self.arms) for joint in arm.names}

    def labelled(self, arm: int, text: str) -> str:
        """The text with the name of the arm, for a robot with several."""
        return f'{self.names[arm]}: {text}' if text and len(self.arms) > 1 else text

    def _first(self, texts: list[str]) -> str:
        return next((self.labelled(k, text) for k, text in enumerate(texts) if text), '')

    @property
    def q(self) -> Array:
        """(n,) rad, measured."""
        if len(self.arms) == 1:
            return self.arms[0].q
        q: Array = np.concatenate([arm.q for arm in self.arms])
        return q

    @property
    def velocity(self) -> Array:
        """(n,) rad/s, measured."""
        velocity: Array = np.concatenate([arm.velocity for arm in self.arms])
        return velocity

    @property
    def joints_stamp(self) -> float:
        """s, of the oldest of the arms' joint states."""
        return min(arm.joints_status.stamp for arm in self.arms)

    @property
    def target(self) -> Target | None:
        """The newest target of any arm."""
        targets = [arm.target for arm in self.arms if arm.target is not None]
        return max(targets, key=lambda target: target.stamp, default=None)

    @property
    def scaling(self) -> ControllerScaling:
        """Of the slowest arm: all keep to its pace, so that they stay where they were checked."""
        return min((arm.scaling for arm in self.arms), key=lambda scaling: scaling.share)

    @property
    def shares(self) -> list[float]:
        """Speed scaling of each arm's controller, [0, 1]."""
        return [arm.scaling.share for arm in self.arms]

    def put_scalings(self, values: Sequence[float], now: float) -> None:
        """Take the speed scaling of each arm, in the unit of its controller."""
        for arm, value in zip(self.arms, values, strict=True):
            arm.scaling.put(value, now)

    def scaling_fault(self, now: float) -> str:
        """Why the speed scaling of an arm does not allow motion, or ''."""
        return self._first([arm.scaling.fault(now) for arm in self.arms])

    @property
    def scene_status(self) -> InputStatus:
        return self.arms[0].scene_status

    @property
    def joints_conflict(self) -> str:
        """Which nodes publish the same joints."""
        return self.arms[0].joints_conflict

    @joints_conflict.setter
    def joints_conflict(self, conflict: str) -> None:
        for arm in self.arms:
            arm.joints_conflict = conflict

    @property
    def joints_response(self) -> Decision:
        """What the shield does on a fault of the joint states."""
        return self.arms[0].joints_response

    def clear(self) -> None:
        """Forget everything: the clock jumped back."""
        for arm in self.arms:
            arm.clear()

    def begin_cycle(self, now: float) -> None:
        """Date messages that came without a time of receipt; refuse those from the future."""
        for arm in self.arms:
            arm.begin_cycle(now)

    def put_joints(self, state: JointState, now: float | None) -> str:
        """Keep a sample of the joints of each arm in it; return why one is not used, or ''."""
        return self._first([arm.put_joints(state, now) for arm in self.arms])

    def refuse_joints(self, fault: str) -> str:
        """Note the fault of a sample that may concern any arm."""
        for arm in self.arms:
            arm.refuse_joints(fault)
        return fault

    def put_target(self, target: Target, now: float) -> None:
        """Keep a target of one arm, or note why it is refused. One that names joints of several
        arms, or of none, is refused for all of them."""
        arms = {self._arm_of[name] for name in target.names if name in self._arm_of}
        if len(arms) == 1 or len(self.arms) == 1:
            self.arms[next(iter(arms), 0)].put_target(target, now)
            return
        named = ' and '.join(self.names[k] for k in sorted(arms)) or 'no arm'
        self.refuse_target(f'target has joints of {named}: send one target per arm')

    def refuse_target(self, fault: str) -> None:
        """Note the fault of a target that may concern any arm."""
        for arm in self.arms:
            arm.refuse_target(fault)

    def put_scene(self, scene: GroundedScene, now: float | None) -> bool:
        """Note a scene; False when it is malformed or older than the last."""
        return self.arms[0].put_scene(scene, now)

    def joints_fault(self, now: float) -> str:
        """Why the joint states of an arm are invalid or stale now, or ''."""
        return self._first([arm.joints_fault(now) for arm in self.arms])

    def arming_fault(self, now: float) -> str:
        """Why the joint states do not suffice for arming, or ''."""
        return self._first([arm.arming_fault(now) for arm in self.arms])

    def ages(self, now: float) -> dict[str, float]:
        """s per input, of the arm with the oldest; infinite when there is none."""
        ages = [arm.ages(now) for arm in self.arms]
        if len(ages) == 1:
            return ages[0]
        worst = {name: max(age[name] for age in ages) for name in ('joints', 'target')}
        each = {
            f'{key}:{name}': age[key]
            for name, age in zip(self.names, ages, strict=True)
            for key in ('joints', 'target')
        }
        return {**worst, 'scene': ages[0]['scene'], **each}
