"""Inputs with their ages: what came, whether it is well formed, whether it is still believed."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf, isfinite

import numpy as np

from vla_core.frozen import Array
from vla_core.records.action import Source, Target
from vla_core.records.scene import GroundedScene, is_finite
from vla_core.records.sensing import JointState
from vla_core.robot.config import RobotConfig
from vla_core.robot.joint_state_merger import JointGroup, JointGroupClassifier
from vla_shield.inputs import vector_checks
from vla_shield.inputs.input_status import InputStatus
from vla_shield.inputs.joint_index import JointIndex
from vla_shield.inputs.target_motion import (
    FOLLOWS,
    SMOOTH,
    TargetLatency,
    TargetMotion,
    standstill,
)
from vla_shield.params import ShieldParams

SOURCES = frozenset(Source)
CORRUPT = 10.0  # times a limit: not fast, broken


@dataclass
class InputBuffer:
    """The newest joints, target and scene. A bad message leaves a fault, and the shield brakes
    on it."""

    params: ShieldParams
    robot: RobotConfig
    joints: InputStatus = field(default_factory=InputStatus)
    finger: InputStatus = field(default_factory=InputStatus)
    goal: InputStatus = field(default_factory=InputStatus)
    scene: InputStatus = field(default_factory=InputStatus)

    def __post_init__(self) -> None:
        self.names = self.robot.joint_names
        self.q: Array = np.zeros(len(self.names))  # rad, measured
        self.velocity: Array = np.zeros(len(self.names))  # rad/s, measured
        self.fingers: float | None = None  # m, measured opening; None: not known any more
        self.changed = -inf  # s, stamp of the last sample that differed from the one before
        self.target: Target | None = None
        self.wish = standstill(self.q)
        limits = self.robot.limits
        self._parts = JointGroupClassifier(self.robot)
        self._arm, self._asked = JointIndex(self.names), JointIndex(self.names)
        self._all = JointIndex((*self.names, self.robot.gripper.joint))
        self._fastest = CORRUPT * limits.velocity  # rad/s
        self._furthest = CORRUPT * np.maximum(np.abs(limits.lower), np.abs(limits.upper))  # rad
        self._is_answered = True  # the shield has braked on the fault of the target
        self._lag = TargetLatency()
        self._spoilt = self._refused = ''  # fault of a sample of the joints: newest, of this cycle
        self._waiting: list[InputStatus] = []

    @property
    def width(self) -> float:
        """m, measured opening; while there is none the widest."""
        return self.robot.gripper.open_width if self.fingers is None else self.fingers

    def clear(self) -> None:
        """Forget everything: the clock jumped back."""
        self.joints, self.finger, self.goal, self.scene = (InputStatus() for _ in range(4))
        self.target, self.changed, self._lag = None, -inf, TargetLatency()
        self._waiting.clear()

    def stamp_arrivals(self, now: float) -> None:
        """Give messages that came without a time of receipt the time of this cycle; drop the
        future."""
        for clock in self._waiting:
            clock.received = now
        self._waiting.clear()
        self._refused, self._spoilt = self._spoilt, ''
        for name in ('joints', 'finger', 'goal', 'scene'):
            ahead = getattr(self, name).stamp - now
            if ahead > self.params.future_tolerance:
                setattr(self, name, InputStatus(fault=f'{name} from {ahead:.2f} s in the future'))
        if not self.finger.age(now) <= self.params.finger_timeout:
            self.fingers = None

    def put_joints(self, state: JointState, now: float | None) -> None:
        """Take a sample of the joints, or note what is wrong with it.

        An arm is read at one instant, so its joints come all together or something is wrong. The
        finger may have a driver of its own: then it has its own order and age, and what it says
        neither makes the arm's sample younger nor stands against it.
        """
        part = self._parts.classify(state.names)
        if part is JointGroup.OTHER:
            return
        if part is JointGroup.FINGER:
            self._put_finger(state, now)
            return
        ours = (
            self._all.of(state.names) if part is JointGroup.COMPLETE else self._arm.of(state.names)
        )
        fault = self._joints_fault(state)
        if ours is None or fault:
            self.refuse_joints(fault or f'joint state lacks {self._arm.lacks(state.names)}')
            return
        q, velocity, is_finite = vector_checks.picked(state.position, state.velocity, ours)
        if not is_finite:
            self.refuse_joints('joint state is not finite')
            return
        if state.stamp == self.joints.stamp:
            return
        n = len(self.names)
        if not isfinite(self.changed) or vector_checks.differ(q[:n], self.q):
            self.changed = state.stamp
        self.q, self.velocity = q[:n], velocity[:n]
        self.joints = self._clocked(state.stamp, now)
        if len(q) > n:
            self._take_finger(float(q[n]), state.stamp, now)

    def _put_finger(self, state: JointState, now: float | None) -> None:
        """Its velocity is not looked at: nothing here uses it, and many a gripper has none."""
        place = state.names.index(self.robot.gripper.joint)
        half = float(state.position[place]) if place < len(state.position) else inf
        if isfinite(state.stamp) and isfinite(half):
            self._take_finger(half, state.stamp, now)
        else:
            self.finger.fault = self._spoilt = 'joint state is not finite'

    def _take_finger(self, half: float, stamp: float, now: float | None) -> None:
        """Half the opening, m. One as old as the last or older says nothing new: it only ages."""
        if stamp > self.finger.stamp:
            self.fingers = 2.0 * half
            self.finger = self._clocked(stamp, now)

    def _clocked(self, stamp: float, now: float | None) -> InputStatus:
        """What came at `now`; None: it counts as received in the next cycle."""
        clock = InputStatus(stamp, stamp if now is None else now)
        if now is None:
            self._waiting.append(clock)
        return clock

    def refuse_joints(self, fault: str) -> None:
        """Note what is wrong with a sample: a good one in the same cycle does not hide it."""
        self.joints.fault = self._spoilt = fault

    def _joints_fault(self, state: JointState) -> str:
        if not isfinite(state.stamp) or state.stamp < self.joints.stamp:
            return f'joint state stamp {state.stamp} is not after {self.joints.stamp}'
        if not len(state.names) == len(state.position) == len(state.velocity):
            return 'joint state has arrays of different length'
        return ''

    def put_target(self, target: Target, now: float) -> None:
        """Take a target, or note why it is rejected; a rejected one never replaces a good one."""
        fault = self._order_fault(target) or self._shape_fault(target) or self._value_fault(target)
        if fault:
            self.refuse_target(fault)
            return
        index = self._asked.of(target.names)
        position, velocity = target.position[index], target.velocity[index]
        self.wish = self._wish(target, position, velocity)
        self.target = target
        self.goal = InputStatus(target.stamp, now, '' if self._is_answered else self.goal.fault)

    def _wish(self, target: Target, position: Array, velocity: Array) -> TargetMotion:
        """The target in the robot's order, with its acceleration where it goes on from the one
        before."""
        before, since = self.wish, target.stamp - self.goal.stamp
        wish = TargetMotion(position, velocity, np.zeros(len(velocity)))
        if self.target is None or not 1e-3 <= since <= FOLLOWS:
            return wish
        most = self.robot.limits.acceleration
        gap, gain = vector_checks.motion(
            position, velocity, before.position, before.velocity, since, most
        )
        return TargetMotion(position, velocity, gain) if gap <= SMOOTH else wish

    def refuse_target(self, fault: str) -> None:
        """Note what is wrong with a target: no good one hides it before the shield has braked."""
        self.goal.fault, self._is_answered = fault, False

    def target_fault(self) -> str:
        """What is wrong with the newest target, or with one that came in this cycle, or ''."""
        self._is_answered = True
        return self.goal.fault

    def _order_fault(self, target: Target) -> str:
        if not isfinite(target.stamp):
            return 'target stamp is not finite'
        if target.stamp == self.goal.stamp:
            return 'target stamp came twice'
        return 'target is older than the one before' if target.stamp < self.goal.stamp else ''

    def _shape_fault(self, target: Target) -> str:
        if self._asked.of(target.names) is None:
            return f'target lacks {self._asked.lacks(target.names)}'
        if len(target.names) != len(self.names):
            return f'target names joints that are not of the arm: {list(target.names)}'
        shape = (len(self.names),)
        is_sized = target.position.shape == shape and target.velocity.shape == shape
        return '' if is_sized else 'target has arrays of the wrong size'

    def _value_fault(self, target: Target) -> str:
        position, velocity = target.position, target.velocity
        is_finite = isfinite(target.gripper) and isfinite(target.chunk_stamp)
        if not (is_finite and vector_checks.are_finite(position, velocity)):
            return 'target is not finite'
        if target.source not in SOURCES:
            return f'target source is {target.source}'
        index = self._asked.of(target.names)
        is_sane = (
            vector_checks.largest(position[index], self._furthest) <= 1.0
            and vector_checks.largest(velocity[index], self._fastest) <= 1.0
            and abs(target.gripper) <= CORRUPT * self.robot.gripper.open_width
        )
        return '' if is_sane else 'target is beyond ten times a limit: corrupt'

    def put_scene(self, scene: GroundedScene, now: float | None) -> bool:
        """Note a scene; False when it is malformed or older than the last."""
        if not is_finite(scene) or any(not np.all(o.size > 0.0) for o in scene.objects):
            self.scene.fault = 'scene is not finite'
            return False
        if scene.stamp < self.scene.stamp:
            return False
        self.scene = self._clocked(scene.stamp, now)
        return True

    def joints_fault(self, now: float) -> str:
        """Why the joints are not believed now, or one sample of this cycle was not, or ''."""
        stale = self.joints.staleness('joint states', self.params.joints_timeout, now)
        return self._refused or self.joints.fault or self.finger.fault or stale

    def arming_fault(self, now: float) -> str:
        """Why the robot is not known well enough to begin, or ''. A hand that is not known would
        be told to open, and let go of what it holds."""
        stale = self.finger.staleness('finger', self.params.finger_timeout, now)
        return self.joints_fault(now) or stale

    def target_staleness(self, now: float) -> str:
        """Why there is no target to follow, or ''."""
        if self.target is None:
            return 'no target'
        return self.goal.staleness('target', self.params.target_timeout, now)

    def lateness(self, time: float) -> float:
        """s that the target is older at `time` than targets usually are."""
        return self._lag.of(time - self.goal.stamp)

    def scene_fault(self, now: float) -> str:
        """Why the scene cannot guide a policy, or ''."""
        return self.scene.fault or self.scene.staleness('scene', self.params.scene_timeout, now)

    def ages(self, now: float) -> dict[str, float]:
        """s per input; infinite when there is none."""
        clocks = {'joints': self.joints, 'target': self.goal, 'scene': self.scene}
        return {name: clock.age(now) for name, clock in clocks.items()}
