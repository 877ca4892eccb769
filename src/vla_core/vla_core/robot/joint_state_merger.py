"""Merging of joint states: an arm and its gripper may each have their own driver.

On a real robot the arm's joint_state_broadcaster and the gripper's driver publish on one topic,
each its own joints at its own rate. `JointStateMerger` gives both at one time.
"""

from __future__ import annotations

from enum import Enum
from math import isfinite

import numpy as np

from vla_core.records.sensing import JointState
from vla_core.robot.config import RobotConfig

FINGER_MAX_AGE = 0.5  # s, between a sample of the arm and the finger sample merged into it
MAX_NAME_SETS = 16  # cached per topic, so that a flood of names does not fill the memory


class JointGroup(Enum):
    """The joints in a message."""

    COMPLETE = 'the arm and the finger'
    ARM = 'the arm'
    FINGER = 'the finger'
    PARTIAL_ARM = 'some joints of the arm, not all'  # an error: drivers publish whole arms
    OTHER = "none of the robot's joints"


class JointGroupClassifier:
    """Classifies messages by their joint names, with a cache, since names seldom change."""

    def __init__(self, robot: RobotConfig) -> None:
        self._arm, self._finger = set(robot.joint_names), robot.gripper.joint
        self._known: dict[tuple[str, ...], JointGroup] = {}

    def classify(self, names: tuple[str, ...]) -> JointGroup:
        """The joint group of these names."""
        group = self._known.get(names)
        if group is None:
            if len(self._known) >= MAX_NAME_SETS:
                self._known.clear()
            group = self._known[names] = self._classified(names)
        return group

    def _classified(self, names: tuple[str, ...]) -> JointGroup:
        has_finger = self._finger in names
        if self._arm <= set(names):
            return JointGroup.COMPLETE if has_finger else JointGroup.ARM
        if self._arm & set(names):
            return JointGroup.PARTIAL_ARM
        return JointGroup.FINGER if has_finger else JointGroup.OTHER


class JointStateMerger:
    """Merges each sample of the arm with the newest finger sample, under the arm's stamp.

    So the age of a merged record is that of the arm, whatever the rate of the gripper. A record
    that has arm and finger passes unchanged.
    """

    def __init__(self, robot: RobotConfig) -> None:
        self._groups = JointGroupClassifier(robot)
        self._arm, self._joint = robot.joint_names, robot.gripper.joint
        self._finger: JointState | None = None  # the newest sample that has the finger

    def merge(self, state: JointState) -> JointState | None:
        """Arm and finger; None for other messages, and for an arm without a finger sample within
        FINGER_MAX_AGE: the opening is not guessed, the joint states age. KeyError names the joints
        missing from a partial arm."""
        group = self._groups.classify(state.names)
        if group is JointGroup.COMPLETE:
            self._finger = state
            return state
        if group is JointGroup.FINGER:
            self._store(state)
        if group is JointGroup.PARTIAL_ARM:
            state.select(self._arm)  # raises
        return self._merged(state) if group is JointGroup.ARM else None

    def merge_or_arm(self, state: JointState) -> JointState | None:
        """As `merge`, but an arm without a finger sample passes unchanged and a partial arm gives
        None: for readers of recordings."""
        group = self._groups.classify(state.names)
        merged = None if group is JointGroup.PARTIAL_ARM else self.merge(state)
        return state if merged is None and group is JointGroup.ARM else merged

    def _store(self, state: JointState) -> None:
        """Store the newest finger sample, independent of the arm's stamps. A sample older by more
        than FINGER_MAX_AGE is not late but after a backward jump of the clock, and is stored."""
        opening = state.position[state.names.index(self._joint)]
        if not (isfinite(state.stamp) and isfinite(opening)):
            return
        before = self._finger
        if before is None or not 0.0 <= before.stamp - state.stamp <= FINGER_MAX_AGE:
            self._finger = state

    def _merged(self, arm: JointState) -> JointState | None:
        finger = self._finger
        if finger is None or not abs(arm.stamp - finger.stamp) <= FINGER_MAX_AGE:
            return None
        k = finger.names.index(self._joint)
        return JointState(
            arm.stamp,
            (*arm.names, self._joint),
            np.append(arm.position, finger.position[k]),
            np.append(arm.velocity, finger.velocity[k]),
        )
