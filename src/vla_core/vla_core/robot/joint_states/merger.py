"""Joint states as drivers send them: what of them is used, and an arm merged with its gripper.

On a real robot the arm's joint_state_broadcaster and the gripper's driver publish on one topic,
each its own joints at its own rate. `JointStateMerger` gives both at one time. Joints that are
not the robot's may hold anything.
"""

from __future__ import annotations

from collections import Counter
from enum import Enum
from math import isfinite

import numpy as np

from vla_core.frozen import Array
from vla_core.records.sensing import JointState
from vla_core.robot.config import RobotConfig
from vla_core.robot.joint_states.velocity import JointVelocities

FINGER_MAX_AGE = 0.5  # s, between a sample of the arm and the finger sample merged into it
MAX_NAME_SETS = 16  # cached per topic, so that a flood of names does not fill the memory
LIMIT_SLACK = 0.5  # rad or m, by which a joint may be measured outside of its limits
MAX_POSITION = 1e3  # rad, of a joint without limits


class JointGroup(Enum):
    """The joints in a message."""

    COMPLETE = 'the arm and the finger'
    ARM = 'the arm'
    FINGER = 'the finger'
    PARTIAL_ARM = 'some joints of the arm, not all'  # drivers publish whole arms
    DUPLICATE = 'a joint of the robot more than once'
    OTHER = "none of the robot's joints"


class JointGroupClassifier:
    """Classifies messages by their joint names, with a cache, since names seldom change."""

    def __init__(self, robot: RobotConfig) -> None:
        self._joints, self._finger = robot.joint_names, robot.gripper.joint
        self._arm, self._own = set(self._joints), {*self._joints, self._finger}
        self._known: dict[tuple[str, ...], JointGroup] = {}

    def classify(self, names: tuple[str, ...]) -> JointGroup:
        """The joint group of these names."""
        group = self._known.get(names)
        if group is None:
            if len(self._known) >= MAX_NAME_SETS:
                self._known.clear()
            group = self._known[names] = self._classified(names)
        return group

    def fault(self, names: tuple[str, ...]) -> str:
        """Which joints are missing or doubled, or ''."""
        group = self.classify(names)
        if group is JointGroup.DUPLICATE:
            counts = Counter(name for name in names if name in self._own)
            doubled = [name for name, count in counts.items() if count > 1]
            return f'joint state names {", ".join(doubled)} more than once'
        if group is JointGroup.PARTIAL_ARM:
            missing = [name for name in self._joints if name not in names]
            return f'joint state lacks {", ".join(missing)}'
        return ''

    def _classified(self, names: tuple[str, ...]) -> JointGroup:
        own = [name for name in names if name in self._own]
        if len(set(own)) < len(own):
            return JointGroup.DUPLICATE
        has_finger = self._finger in own
        if self._arm <= set(own):
            return JointGroup.COMPLETE if has_finger else JointGroup.ARM
        if self._arm & set(own):
            return JointGroup.PARTIAL_ARM
        return JointGroup.FINGER if has_finger else JointGroup.OTHER


class JointStateValidator:
    """Checks the robot's own joints in a message."""

    def __init__(self, robot: RobotConfig) -> None:
        self.groups = JointGroupClassifier(robot)
        self._arm = frozenset(robot.joint_names)
        limits, gripper = robot.limits, robot.gripper
        self.lower: Array = np.maximum(limits.lower, -MAX_POSITION) - LIMIT_SLACK  # (n,) rad
        self.upper: Array = np.minimum(limits.upper, MAX_POSITION) + LIMIT_SLACK  # (n,) rad
        joint = [position for position, _ in gripper.opening_map]  # rad or m
        slack = 0.5 * (max(joint) - min(joint))
        self.finger_range = min(joint) - slack, max(joint) + slack
        self._ranges = dict(
            zip(robot.joint_names, zip(self.lower, self.upper, strict=True), strict=True)
        )
        self._ranges[gripper.joint] = self.finger_range

    def fault(self, state: JointState) -> str:
        """Why a message with joints of the robot is not used, or ''. The velocity of a finger is
        not checked: many grippers measure none."""
        if not isfinite(state.stamp):
            return 'joint state has no stamp'
        return self.groups.fault(state.names) or self.size_fault(state) or self.value_fault(state)

    def size_fault(self, state: JointState) -> str:
        """Why the arrays do not fit the names, or ''."""
        n, positions, velocities = len(state.names), len(state.position), len(state.velocity)
        if positions != n:
            return f'joint state has {positions} positions for {n} joints'
        return '' if velocities == n else f'joint state has {velocities} velocities for {n} joints'

    def value_fault(self, state: JointState) -> str:
        """Which joint of the robot has no usable position or velocity, or ''."""
        for name, position in zip(state.names, state.position.tolist(), strict=True):
            low, high = self._ranges.get(name, (-np.inf, np.inf))
            if name not in self._ranges or low <= position <= high:
                continue
            if not isfinite(position):
                return f'position of {name} is not finite'
            return (
                f'position of {name} is {position:.4g}, far outside of its limits: '
                'another unit than rad or m?'
            )
        velocity = zip(state.names, np.isfinite(state.velocity).tolist(), strict=True)
        bad = [name for name, is_finite in velocity if not is_finite and name in self._arm]
        hint = 'of a driver that measures none, the arm needs "reports_velocity: false"'
        return f'velocity of {", ".join(bad)} is not finite; {hint}' if bad else ''


class JointStateMerger:
    """Merges each sample of the arm with the newest finger sample, under the arm's stamp.

    So the age of a merged record is that of the arm, whatever the rate of the gripper. A record
    that has arm and finger passes unchanged. `refusal` is why the last message with joints of the
    robot was not used, or ''.
    """

    def __init__(self, robot: RobotConfig) -> None:
        self._check, self._velocities = JointStateValidator(robot), JointVelocities(robot)
        self._joint = robot.gripper.joint
        self._finger: JointState | None = None  # the newest sample that has the finger
        self.refusal = ''

    def merge(self, state: JointState) -> JointState | None:
        """Arm and finger; None for other and for invalid messages, and for an arm without a finger
        sample within FINGER_MAX_AGE: the opening is not guessed, the joint states age."""
        state = self._velocities.complete(state)
        group = self._accepted(state)
        if group is JointGroup.COMPLETE:
            self._finger = state
            return state
        if group is JointGroup.FINGER:
            self._store(state)
        return self._merged(state) if group is JointGroup.ARM else None

    def merge_or_arm(self, state: JointState) -> JointState | None:
        """As `merge`, but an arm without a finger sample passes unchanged: for readers of
        recordings."""
        merged = self.merge(state)
        is_arm = self._check.groups.classify(state.names) is JointGroup.ARM
        state = self._velocities.complete(state)
        return state if merged is None and is_arm and not self._check.fault(state) else merged

    def explain(self, problem: str) -> str:
        """`problem` with the refusal that may be its cause."""
        return f'{problem}: {self.refusal}' if self.refusal else problem

    def _accepted(self, state: JointState) -> JointGroup:
        """The group of the message; OTHER for one that is invalid."""
        group = self._check.groups.classify(state.names)
        if group is JointGroup.OTHER:
            return group
        self.refusal = self._check.fault(state)
        return JointGroup.OTHER if self.refusal else group

    def _store(self, state: JointState) -> None:
        """Store the newest finger sample, independent of the arm's stamps. A sample older by more
        than FINGER_MAX_AGE is not late but after a backward jump of the clock, and is stored."""
        before = self._finger
        if before is None or not 0.0 <= before.stamp - state.stamp <= FINGER_MAX_AGE:
            self._finger = state

    def _merged(self, arm: JointState) -> JointState | None:
        finger = self._finger
        if finger is None or not abs(arm.stamp - finger.stamp) <= FINGER_MAX_AGE:
            self.refusal = f'no position of {self._joint} at the stamp of the arm'
            return None
        k = finger.names.index(self._joint)
        return JointState(
            arm.stamp,
            (*arm.names, self._joint),
            np.append(arm.position, finger.position[k]),
            np.append(arm.velocity, finger.velocity[k]),
        )
