"""The newest joint states, target and scene: their validity and age."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf, isfinite

import numpy as np

from vla_core.frozen import Array
from vla_core.records.action import Target
from vla_core.records.safety import Decision
from vla_core.records.scene import GroundedScene, is_finite
from vla_core.records.sensing import JointState
from vla_core.robot.config import RobotConfig
from vla_core.robot.joint_states.merger import JointGroup, JointStateValidator
from vla_core.robot.joint_states.velocity import JointVelocities
from vla_shield.inputs import vector_checks
from vla_shield.inputs.controller_scaling import ControllerScaling
from vla_shield.inputs.input_status import InputStatus
from vla_shield.inputs.joint_index import JointIndex
from vla_shield.inputs.target_motion import (
    MAX_INTERVAL,
    MAX_MISMATCH,
    TargetLatency,
    TargetMotion,
    standstill,
)
from vla_shield.inputs.target_validator import TargetValidator
from vla_shield.params import ShieldParams


@dataclass
class InputBuffer:
    """Keeps the newest valid message of each input. An invalid one leaves a fault, which makes
    the shield brake."""

    params: ShieldParams
    robot: RobotConfig
    joints_status: InputStatus = field(default_factory=InputStatus)
    finger_status: InputStatus = field(default_factory=InputStatus)
    target_status: InputStatus = field(default_factory=InputStatus)
    scene_status: InputStatus = field(default_factory=InputStatus)

    def __post_init__(self) -> None:
        self.names = self.robot.joint_names
        self.q: Array = np.zeros(len(self.names))  # rad, measured
        self.velocity: Array = np.zeros(len(self.names))  # rad/s, measured
        self.opening: float | None = None  # m, measured opening of the gripper; None: unknown
        self.last_change = -inf  # s, stamp of the last sample with other positions than before
        self.target: Target | None = None
        self.motion = standstill(self.q)  # of the target
        self._validator = TargetValidator(self.robot)
        self._joint_check = JointStateValidator(self.robot)
        self._arm_index = JointIndex(self.names)
        self._partial = ''  # why the arm's last sample was ignored; empty when it was used
        self.joints_conflict = ''  # which nodes publish the same joints
        self._is_target_fault_seen = True  # the shield has braked on it
        self._latency = TargetLatency()
        self._velocities = JointVelocities(self.robot)
        self.scaling = ControllerScaling(self.robot.arm.controller)
        # fault of a sample of the joints: received since the last cycle, in this cycle
        self._new_fault = self._cycle_fault = ''
        self._unreceived: list[InputStatus] = []  # without a time of receipt yet

    @property
    def width(self) -> float:
        """m, measured opening of the gripper; the widest while it is unknown."""
        return self.robot.gripper.open_width if self.opening is None else self.opening

    def clear(self) -> None:
        """Forget everything: the clock jumped back."""
        self.joints_status, self.finger_status = InputStatus(), InputStatus()
        self.target_status, self.scene_status = InputStatus(), InputStatus()
        self.target, self.last_change, self._latency = None, -inf, TargetLatency()
        self._unreceived.clear()
        self.scaling.clear()

    def begin_cycle(self, now: float) -> None:
        """Date messages that came without a time of receipt; refuse those from the future."""
        for status in self._unreceived:
            status.received = now
        self._unreceived.clear()
        self._cycle_fault, self._new_fault = self._new_fault, ''
        for name in ('joints', 'finger', 'target', 'scene'):
            ahead = getattr(self, f'{name}_status').stamp - now
            if ahead > self.params.future_tolerance:
                fault = f'{name} stamp is {ahead:.2f} s in the future'
                setattr(self, f'{name}_status', InputStatus(fault=fault))
        if not self.finger_status.age(now) <= self.params.finger_timeout:
            self.opening = None

    def put_joints(self, state: JointState, now: float | None) -> str:
        """Keep a sample of the joints; return why it is not used, or ''.

        A sample with a part of the arm is ignored: the arm's joints are read at one instant. The
        finger may have its own driver, with its own order and age: its samples neither make the
        arm's younger nor invalidate them.
        """
        state = self._velocities.complete(state)
        group = self._joint_check.groups.classify(state.names)
        if group is JointGroup.OTHER:
            return ''
        if group is JointGroup.PARTIAL_ARM:
            self._partial = self._joint_check.groups.fault(state.names)
            return self._partial
        if group is JointGroup.DUPLICATE:
            return self.refuse_joints(self._joint_check.groups.fault(state.names))
        fault = '' if group is JointGroup.FINGER else self._put_arm(state, now)
        has_finger = group in (JointGroup.FINGER, JointGroup.COMPLETE)
        return self._put_finger(state, now) if has_finger and not fault else fault

    def _put_arm(self, state: JointState, now: float | None) -> str:
        """Keep a sample of the arm, unless it is a repetition; return its fault, or ''."""
        index, check, before = (
            self._arm_index.of(state.names),
            self._joint_check,
            self.joints_status,
        )
        if index is None or not isfinite(state.stamp) or check.size_fault(state):
            return self.refuse_joints(check.fault(state))
        if now is not None and state.stamp - now > self.params.future_tolerance:
            ahead = state.stamp - now
            return self.refuse_joints(f'joint state stamp is {ahead:.2f} s in the future')
        if state.stamp < before.stamp:
            late = before.stamp - state.stamp
            return self.refuse_joints(f'joint state is {late:.3f} s older than the last')
        if state.stamp == before.stamp:
            return ''
        q, velocity, is_valid = vector_checks.select(
            state.position, state.velocity, index, check.lower, check.upper
        )
        if not is_valid:
            return self.refuse_joints(check.value_fault(state))
        if not isfinite(self.last_change) or vector_checks.differ(q, self.q):
            self.last_change = state.stamp
        self.q, self.velocity, self._partial = q, velocity, ''
        self.joints_status = self._status(state.stamp, now)
        return ''

    def _put_finger(self, state: JointState, now: float | None) -> str:
        """As `_put_arm`. The velocity is not checked: many grippers publish none."""
        fault = self._joint_check.fault(state)
        if fault:
            self.finger_status.fault = self._new_fault = fault
            return fault
        index = state.names.index(self.robot.gripper.joint)
        self._keep_finger(float(state.position[index]), state.stamp, now)
        return ''

    def _keep_finger(self, position: float, stamp: float, now: float | None) -> None:
        """Position of the finger joint; ignored unless newer than the last."""
        if stamp > self.finger_status.stamp:
            self.opening = self.robot.gripper.opening(position)
            self.finger_status = self._status(stamp, now)

    def _status(self, stamp: float, now: float | None) -> InputStatus:
        """Received at `now`; None: in the next cycle."""
        status = InputStatus(stamp, stamp if now is None else now)
        if now is None:
            self._unreceived.append(status)
        return status

    def refuse_joints(self, fault: str) -> str:
        """Note the fault of a sample: a valid one in the same cycle does not hide it."""
        self.joints_status.fault = self._new_fault = fault
        return fault

    def put_target(self, target: Target, now: float) -> None:
        """Keep a target, or note why it is refused; a refused one never replaces a valid one."""
        fault = self._validator.fault(target, self.target_status.stamp)
        if fault:
            self.refuse_target(fault)
            return
        position, velocity = self._validator.in_order(target)
        self.motion = self._motion(target, position, velocity)
        self.target = target
        fault = '' if self._is_target_fault_seen else self.target_status.fault
        self.target_status = InputStatus(target.stamp, now, fault)

    def _motion(self, target: Target, position: Array, velocity: Array) -> TargetMotion:
        """The target with its acceleration, where it continues the previous target's motion."""
        before, since = self.motion, target.stamp - self.target_status.stamp
        motion = TargetMotion(position, velocity, np.zeros(len(velocity)))
        if self.target is None or not 1e-3 <= since <= MAX_INTERVAL:
            return motion
        error, acceleration = vector_checks.continuity(
            position, velocity, before.position, before.velocity, since,
            self.robot.limits.acceleration,
        )  # fmt: skip
        return TargetMotion(position, velocity, acceleration) if error <= MAX_MISMATCH else motion

    def refuse_target(self, fault: str) -> None:
        """Note the fault of a target: no valid one hides it before the shield has braked."""
        self.target_status.fault, self._is_target_fault_seen = fault, False

    def target_fault(self) -> str:
        """Fault of the newest target, or of another one received in this cycle, or ''."""
        self._is_target_fault_seen = True
        return self.target_status.fault

    def put_scene(self, scene: GroundedScene, now: float | None) -> bool:
        """Note a scene; False when it is malformed or older than the last."""
        if not is_finite(scene) or any(not np.all(o.size > 0.0) for o in scene.objects):
            self.scene_status.fault = 'scene is not finite'
            return False
        if scene.stamp < self.scene_status.stamp:
            return False
        self.scene_status = self._status(scene.stamp, now)
        return True

    @property
    def joints_response(self) -> Decision:
        """What the shield does on a fault of the joint states."""
        return Decision.HOLD if self.joints_conflict else Decision.BRAKE

    def joints_fault(self, now: float) -> str:
        """Why the joint states are invalid or stale now, or a sample of this cycle was, or ''. A
        conflict of two publishers explains the faults that it causes."""
        if self.joints_conflict:
            return self.joints_conflict
        stale = self.joints_status.staleness('joint states', self.params.joints_timeout, now)
        if stale and self._partial:
            stale = f'{stale}, ignored: {self._partial}'
        return self._cycle_fault or self.joints_status.fault or self.finger_status.fault or stale

    def arming_fault(self, now: float) -> str:
        """Why the joint states do not suffice for arming, or ''. A gripper with unknown opening
        would be commanded to open, and drop what it holds."""
        stale = self.finger_status.staleness('finger', self.params.finger_timeout, now)
        return self.joints_fault(now) or stale

    def target_staleness(self, now: float) -> str:
        """Why there is no target to follow, or ''."""
        if self.target is None:
            return 'no target'
        return self.target_status.staleness('target', self.params.target_timeout, now)

    def excess_latency(self, time: float) -> float:
        """s by which the target at `time` is older than targets usually are."""
        return self._latency.excess(time - self.target_status.stamp)

    def ages(self, now: float) -> dict[str, float]:
        """s per input; infinite when there is none."""
        return {
            'joints': self.joints_status.age(now),
            'target': self.target_status.age(now),
            'scene': self.scene_status.age(now),
        }
