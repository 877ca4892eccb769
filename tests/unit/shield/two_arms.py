"""A shield of two arms that follow its commands; each arm has its own targets."""

from __future__ import annotations

from typing import Any

import numpy as np
from rig import DT, load

from vla_core.records.action import Source, Target, Trajectory
from vla_core.records.lease import LeaseKind
from vla_core.records.safety import Level, SafetyVote
from vla_core.records.sensing import JointState
from vla_core.robot.config import RobotConfig
from vla_shield.shield import Shield, ShieldOutput, ShieldParams

LEFT, RIGHT = 0, 1


class TwoArmRig:
    """Steps a shield; the arms play its commands, or stand where `stuck` says so."""

    def __init__(self, robot: RobotConfig | None = None, **params: Any) -> None:
        self.robot = robot or load('two_arms')
        self.params = ShieldParams(**{'dwell': 0.02, **params})
        self.shield = Shield(self.params, self.robot)
        self.parts = [self.robot.joint_slice(arm.name) for arm in self.robot.arms]
        self.home = np.array(self.robot.home)
        self.q, self.v, self.now = self.home.copy(), np.zeros_like(self.home), 0.0
        self.fingers = {gripper.joint: 0.04 for gripper in self.robot.grippers}
        self.finger_delay = 0  # cycles
        self.sent: list[tuple[Trajectory, ...]] = []  # to the grippers
        self.silent: set[int] = set()  # arms whose driver sends nothing
        self.stuck: set[int] = set()  # arms that do not follow
        self.commands: list[np.ndarray] = []
        self.out: ShieldOutput | None = None

    def armed(self, **changes: Any) -> TwoArmRig:
        self.sense()
        assert self.shield.arm(self.now) == ''
        for _ in range(8):
            self.step(self.home[self.parts[LEFT]], self.home[self.parts[RIGHT]], **changes)
        return self

    def sense(self) -> None:
        """One driver per arm, each with its gripper."""
        for k, (arm, part) in enumerate(zip(self.robot.arms, self.parts, strict=True)):
            if k not in self.silent:
                finger = self.robot.grippers[k].joint
                names = (*arm.joint_names, finger)
                q = np.r_[self.q[part], self.fingers[finger]]
                sample = JointState(self.now, names, q, np.r_[self.v[part], 0.0])
                self.shield.on_joints(sample, self.now)
        for voter in self.params.required_voters:
            vote = SafetyVote(self.now, voter, round(self.now / DT), Level.RUN, 1.0, 0.3)
            self.shield.on_vote(vote, self.now)

    def target(self, arm: int, position: Any, **changes: Any) -> Target:
        fields = {
            'stamp': self.now, 'task_id': 't', 'names': self.robot.arms[arm].joint_names,
            'position': position, 'velocity': np.zeros(len(position)), 'gripper': 0.08,
            'source': Source.TELEOP,
        }  # fmt: skip
        return Target(**{**fields, **changes})

    def step(self, left: Any = None, right: Any = None, **changes: Any) -> ShieldOutput:
        """One period; `left` and `right` are the positions of their targets, None: no target."""
        self.now += DT
        self.sense()
        self.shield.leases.acquire('/control', LeaseKind.TELEOP, (), self.now)
        self.shield.on_dead_man(True, self.now)
        for arm, position in enumerate((left, right)):
            if position is not None:
                self.shield.on_target(self.target(arm, position, **changes), self.now)
        self.out = self.shield.tick(self.now)
        if self.out.arms:
            command = [arm.position[arm.next_row] for arm in self.out.arms]
            self.commands.append(np.concatenate(command))
            self.sent.append(self.out.grippers)
            for gripper in self.sent[max(len(self.sent) - 1 - self.finger_delay, 0)]:
                self.fingers[gripper.names[0]] = float(gripper.position[-1, 0])
            for k, part in enumerate(self.parts):
                if k in self.stuck:  # its encoders are not frozen
                    self.q[part] += 1e-6 * (-1) ** len(self.commands)
                else:
                    self.q[part], self.v[part] = command[k], self._velocity(k)
        return self.out

    def _velocity(self, arm: int) -> np.ndarray:
        """(n,) rad/s of an arm in its newest command."""
        command = self.command_of(arm)
        return command.velocity[command.next_row]

    def speed(self, arm: int) -> np.ndarray:
        """(n,) rad/s commanded in the last step."""
        step = (self.commands[-1] - self.commands[-2]) / DT
        return step[self.parts[arm]]

    def command_of(self, arm: int) -> Trajectory:
        assert self.out is not None
        return self.out.arms[arm]
