"""Stands in for the shield and sends the target to the robot unchanged. For comparison in benches
only; no node hosts it.
"""

from __future__ import annotations

import numpy as np

from vla_core.records.action import Target, Trajectory
from vla_core.records.safety import ArmState, Decision, SafetyVote, ShieldReport
from vla_core.records.scene import GroundedScene
from vla_core.records.sensing import JointState
from vla_core.robot.config import RobotConfig
from vla_shield.command.gripper import GripperCommand
from vla_shield.inputs.leases import LeaseTable
from vla_shield.inputs.robot_inputs import RobotInputs
from vla_shield.params import ShieldParams
from vla_shield.shield import ShieldOutput

PERIOD = 0.01  # s


class NoShield:
    """Passes every finite target; ignores votes, keeps no clearance."""

    def __init__(self, robot: RobotConfig) -> None:
        # as of the shield, filled by the host and not read
        self.leases, self.inputs = LeaseTable(robot), RobotInputs(ShieldParams(), robot)
        self._names = robot.joint_names
        self._gripper = robot.gripper
        self._grip, self._finger = GripperCommand(robot.gripper), robot.gripper.joint
        self._opening: float | None = None  # m, measured
        self._target: Target | None = None
        self._cycle = 0

    def on_joints(self, joints: JointState, now: float | None = None) -> None:
        """Store the gripper opening, from which the gripper command is limited."""
        if self._finger in joints.names:
            opening = self._gripper.opening(float(joints.select((self._finger,))[0][0]))
            self._opening = opening if np.isfinite(opening) else self._opening

    def on_vote(self, vote: SafetyVote, now: float) -> None:
        """Ignored."""

    def on_scene(self, scene: GroundedScene, now: float | None = None) -> None:
        """Ignored."""

    def on_target(self, target: Target, now: float) -> None:
        """Keep a finite target."""
        if np.isfinite(target.position).all() and np.isfinite(target.gripper):
            self._target = target

    def arm(self, now: float) -> str:
        """Always succeeds."""
        return ''

    def disarm(self, now: float) -> None:
        """No effect."""

    def tick(self, now: float) -> ShieldOutput:
        """The target as the next point, reported as PASS."""
        self._cycle += 1
        report = ShieldReport(now, self._cycle, ArmState.ARMED, Decision.PASS, '')
        if self._target is None:
            return ShieldOutput((), (), report)
        self._grip.step_towards(self._target.gripper, self._opening, PERIOD)
        rest = np.zeros((1, len(self._names)))
        point = Trajectory(now, self._names, np.array([PERIOD]), self._target.position[None], rest)
        return ShieldOutput((point,), (self._grip.trajectory(now, PERIOD),), report)
