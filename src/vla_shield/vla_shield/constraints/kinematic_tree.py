"""Which joints move which part of the robot, and by how much: one chain of joints per arm."""

from __future__ import annotations

from typing import Any

import numpy as np

from vla_core.frozen import Array
from vla_core.robot.config import RobotConfig

FIRST_POINT = 3  # joint of an arm, from the base; the ones before it move no faster than it does


class KinematicTree:
    """The joints of all arms in one pinocchio model. Joint vectors q are (n,), as in the robot
    file; joint j of the model moves by q[j - 1], joint 0 is the world."""

    def __init__(self, robot: RobotConfig, model: Any) -> None:
        self.n = len(robot.joints)
        self.arms = tuple(arm.name for arm in robot.arms)
        self.slices = tuple(robot.joint_slice(name) for name in self.arms)
        self.tips = [model.getFrameId(arm.tip_frame) for arm in robot.arms]
        self.tip_joints = [int(model.frames[tip].parentJoint) for tip in self.tips]
        self._model = model
        # (joints of the model, n): 1 where a joint of q moves the link of a joint of the model
        self.moves: Array = np.zeros((self.n + 1, self.n))
        for joint in range(1, self.n + 1):
            self.moves[joint] = self.moves[model.parents[joint]]
            self.moves[joint, joint - 1] = 1.0
        self._is_prismatic = np.array([_is_prismatic(model.joints[j + 1]) for j in range(self.n)])
        self._hops = self._hop_lengths(robot)
        self.arm_of_joint = np.full(self.n + 1, -1)
        for k, part in enumerate(self.slices):
            self.arm_of_joint[part.start + 1 : part.stop + 1] = k

    def _hop_lengths(self, robot: RobotConfig) -> Array:
        """(n,) m, upper bound of the distance of each joint from the one before it."""
        joints = self._model.jointPlacements
        hops = np.array([np.linalg.norm(joints[k].translation) for k in range(1, self.n + 1)])
        furthest = np.maximum(np.abs(robot.limits.lower), np.abs(robot.limits.upper))
        return np.where(self._is_prismatic, hops + furthest, hops)

    def label(self, arm: int) -> str:
        """Suffix of a rule that concerns one arm; '' for a robot with one."""
        return f':{self.arms[arm]}' if len(self.arms) > 1 else ''

    def depth(self, joint: int) -> int:
        """Number of joints between the world and the link of a joint of the model."""
        return int(self.moves[joint].sum())

    def lever_arms(self, joint: int, extent: float) -> Array:
        """Upper bounds (n,) m/rad of how fast each joint moves a point within `extent` m of the
        origin of the link of `joint`."""
        arms = np.zeros(self.n)
        chain = np.flatnonzero(self.moves[joint])
        for i, j in enumerate(chain):
            arms[j] = 1.0 if self._is_prismatic[j] else self._hops[chain[i + 1 :]].sum() + extent
        return arms

    def relative_arms(self, arms: Array, joints: Array, pairs: tuple[Array, Array]) -> Array:
        """Upper bounds (p, n) m/rad of how fast each joint moves the two shapes of each pair
        relative to each other, from the lever arms (shapes, n) and joints (shapes,) of all shapes.
        A joint that moves both does not change their distance."""
        first, second = pairs
        moves_both = self.moves[joints[first]] * self.moves[joints[second]]
        relative: Array = np.where(moves_both > 0.0, 0.0, np.maximum(arms[first], arms[second]))
        return relative

    def point_joints(self, arm: int) -> list[int]:
        """Elbow and wrist joints of an arm, whose origins have a speed cap."""
        part = self.slices[arm]
        return list(range(min(part.start + FIRST_POINT, part.stop), part.stop + 1))

    def static_arm(self, frame: int) -> int:
        """The arm whose base a frame that no joint moves belongs to; -1: of none or several."""
        parents = self._model.frames
        found = []
        for k, part in enumerate(self.slices):
            above = parents[self._model.getFrameId(self._model.names[part.start + 1])].parentFrame
            while above and above != frame:
                above = parents[above].parentFrame
            found += [k] * (above == frame)
        return found[0] if len(found) == 1 else -1


def _is_prismatic(joint: Any) -> bool:
    return 'Prismatic' in joint.shortname() or joint.shortname().startswith('JointModelP')
