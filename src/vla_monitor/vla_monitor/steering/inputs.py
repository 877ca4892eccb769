"""Inputs of the verifier: histories of scenes and joint states, task status, initial target."""

from __future__ import annotations

from collections import deque

import numpy as np

from vla_core.freshness import is_late, is_set_back
from vla_core.frozen import Array
from vla_core.records.scene import GroundedScene, Role, is_finite
from vla_core.records.sensing import JointState
from vla_core.records.task import Phase, TaskStatus
from vla_core.robot.config import RobotConfig
from vla_core.robot.joint_states.merger import JointStateMerger
from vla_monitor.steering.params import VerifierParams
from vla_monitor.steering.stage_a import VerifierMoment

SAMPLES = 120  # of the joints
APART = 0.0095  # s, least interval between samples, so that a fast driver keeps the history long
SCENES = 8


class VerifierInputs:
    """Short histories; `present` returns the state at a stamp."""

    def __init__(self, params: VerifierParams, robot: RobotConfig) -> None:
        self._params, self._robot = params, robot
        self._merger = JointStateMerger(robot)
        self._joints: deque[tuple[float, Array, float]] = deque(maxlen=SAMPLES)
        self._scenes: deque[GroundedScene] = deque(maxlen=SCENES)
        self._first: Array | None = None  # (3,) m, target when the attempt began
        self.status: TaskStatus | None = None

    @property
    def is_running(self) -> bool:
        return self.status is not None and self.status.phase == Phase.RUNNING

    @property
    def task_id(self) -> str:
        return self.status.task_id if self.status else ''

    def on_joints(self, joints: JointState) -> bool:
        """Store a sample; True when the clock jumped back and the histories were cleared."""
        merged = self._merger.merge(joints)
        if merged is None or not (
            np.isfinite(merged.stamp) and np.isfinite(merged.position).all()
        ):
            return False
        last = self._joints[-1][0] if self._joints else -np.inf
        has_jumped = is_set_back(merged.stamp, last)
        if has_jumped:
            self.clear()
        if is_late(merged.stamp, last):
            return False
        q, _ = merged.select(self._robot.joint_names)
        finger, _ = merged.select((self._robot.gripper.joint,))
        if not self._joints or not 0.0 <= merged.stamp - self._joints[-1][0] < APART:
            opening = self._robot.gripper.opening(float(finger[0]))
            self._joints.append((merged.stamp, q, opening))
        return has_jumped

    def clear(self) -> None:
        """Discard the histories: the clock jumped."""
        self._joints.clear()
        self._scenes.clear()

    def on_scene(self, scene: GroundedScene) -> None:
        """Store a scene, and the target position at the start of the attempt."""
        if not is_finite(scene):
            return
        self._scenes.append(scene)
        target = scene.by_role(Role.TARGET)
        if self._first is None and self.is_running and target is not None:
            self._first = target.position

    def on_status(self, status: TaskStatus) -> bool:
        """Store the task status; True when an attempt begins."""
        begins = status.phase == Phase.RUNNING and not self.is_running
        self.status = status
        if begins:
            self._first = None
        return begins

    def newest(self) -> tuple[float, Array, float] | None:
        """Return the last joint sample: stamp s, q (n,) rad, opening m."""
        return self._joints[-1] if self._joints else None

    def present(self, stamp: float, task_id: str) -> VerifierMoment | str:
        """Return the state at `stamp`, or what is missing."""
        p = self._params
        near = min(self._joints, key=lambda s: abs(s[0] - stamp), default=None)
        if near is None or not abs(near[0] - stamp) <= p.joints_max_age:
            return 'no joint states at the stamp of the candidates'
        scenes = [s for s in self._scenes if s.task_id == task_id]
        scene = min(scenes, key=lambda s: abs(s.stamp - stamp), default=None)
        if scene is None or not abs(scene.stamp - stamp) <= p.scene_max_age:
            return 'no scene at the stamp of the candidates'
        target = scene.by_role(Role.TARGET)
        first = self._first if self._first is not None else target.position if target else None
        return VerifierMoment(near[1], near[2], scene, first)
