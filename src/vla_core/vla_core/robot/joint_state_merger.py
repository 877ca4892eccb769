"""Joint states in parts: an arm and its gripper may each have a driver that speaks for itself.

On a real robot the arm's joint_state_broadcaster and the gripper's driver publish on one topic,
each its own joints at its own rate. Who needs both at one moment asks `JointStateMerger`.
"""

from __future__ import annotations

from enum import Enum
from math import isfinite

import numpy as np

from vla_core.records.sensing import JointState
from vla_core.robot.config import RobotConfig

FINGER_MAX_AGE = 0.5  # s, from a sample of the arm to the one of the finger that goes with it
MAX_NAME_SETS = (
    16  # of messages on one topic that are remembered: a flood of names does not fill memory
)


class JointGroup(Enum):
    """What a message speaks of."""

    COMPLETE = 'the arm and the finger'
    ARM = 'the arm'
    FINGER = 'the finger'
    PARTIAL_ARM = (
        'some joints of the arm, not all'  # no driver reads half an arm: something is wrong
    )
    OTHER = "none of the robot's joints"


class JointGroupClassifier:
    """Sorts messages by the names in them; remembers its answers, for names seldom change."""

    def __init__(self, robot: RobotConfig) -> None:
        self._arm, self._finger = set(robot.joint_names), robot.gripper.joint
        self._known: dict[tuple[str, ...], JointGroup] = {}

    def classify(self, names: tuple[str, ...]) -> JointGroup:
        """Which part of the robot these names are."""
        part = self._known.get(names)
        if part is None:
            if len(self._known) >= MAX_NAME_SETS:
                self._known.clear()
            part = self._known[names] = self._sorted(names)
        return part

    def _sorted(self, names: tuple[str, ...]) -> JointGroup:
        has_finger = self._finger in names
        if self._arm <= set(names):
            return JointGroup.COMPLETE if has_finger else JointGroup.ARM
        if self._arm & set(names):
            return JointGroup.PARTIAL_ARM
        return JointGroup.FINGER if has_finger else JointGroup.OTHER


class JointStateMerger:
    """One record with arm and finger per sample of the arm, under the arm's own stamp.

    So whoever ages joint states ages the arm, however often the gripper speaks; the opening
    in it is the newest that was heard. A record that is whole already passes as it is.
    """

    def __init__(self, robot: RobotConfig) -> None:
        self._parts, self._arm, self._joint = (
            JointGroupClassifier(robot),
            robot.joint_names,
            robot.gripper.joint,
        )
        self._finger: JointState | None = None  # the newest sample with the finger in it

    def merge(self, state: JointState) -> JointState | None:
        """The arm and the finger; None for any other message, and while no finger goes with the
        arm: one never heard or silent for FINGER_SILENCE is not guessed, the joint states age.
        KeyError names the joints that half an arm lacks."""
        part = self._parts.classify(state.names)
        if part is JointGroup.COMPLETE:
            self._finger = state
            return state
        if part is JointGroup.FINGER:
            self._keep(state)
        if part is JointGroup.PARTIAL_ARM:
            state.select(self._arm)  # raises
        return self._joined(state) if part is JointGroup.ARM else None

    def merge_or_arm(self, state: JointState) -> JointState | None:
        """As `merge`, but an arm without a finger passes as it is and half an arm counts as none:
        for readers of records, who take what there is."""
        part = self._parts.classify(state.names)
        whole = None if part is JointGroup.PARTIAL_ARM else self.merge(state)
        return state if whole is None and part is JointGroup.ARM else whole

    def _keep(self, state: JointState) -> None:
        """The newest of the finger's own samples, whatever stamps the arm has; one that is older
        by more than it may be is no straggler: the clock has jumped back."""
        opening = state.position[state.names.index(self._joint)]
        if not (isfinite(state.stamp) and isfinite(opening)):
            return
        before = self._finger
        if before is None or not 0.0 <= before.stamp - state.stamp <= FINGER_MAX_AGE:
            self._finger = state

    def _joined(self, arm: JointState) -> JointState | None:
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
