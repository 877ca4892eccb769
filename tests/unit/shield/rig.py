"""A shield with an arm that follows its commands, and independent checks of its output."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from vla_core.records.action import Source, Target
from vla_core.records.lease import LeaseKind
from vla_core.records.safety import Level, SafetyVote, ShieldReport
from vla_core.records.sensing import JointState
from vla_core.robot.config import load_robot
from vla_core.robot.model import RobotModel
from vla_shield.shield import Shield, ShieldOutput, ShieldParams

DT = 0.01
EXAMPLES = int(os.environ.get('VLA_EXAMPLES', '0'))


def examples(default: int) -> int:
    """Number of examples of a property."""
    return EXAMPLES or default


load = cache(load_robot)


@cache
def model(robot: str) -> RobotModel:
    return RobotModel(load(robot))


@cache
def low(robot: str, height: float = 0.06) -> np.ndarray:
    """(n,) rad: as at home, the tip `height` m above the table."""
    kinematics = model(robot)
    q = np.array(load(robot).home)
    for _ in range(50):
        down = np.r_[0.0, 0.0, height - kinematics.fk(q)[2, 3], 0.0, 0.0, 0.0]
        q = q + np.linalg.pinv(kinematics.jacobian(q)) @ down
    return q


class Rig:
    """Steps a shield; the arm plays its commands `delay` cycles late, its motion times `gain`."""

    def __init__(
        self,
        robot: str = 'ur5e',
        delay: int = 0,
        gain: float = 1.0,
        start: np.ndarray | None = None,
        **params: Any,
    ) -> None:
        self.robot = load(robot)
        self.params = ShieldParams(**{'dwell': 0.02, **params})
        self.shield = Shield(self.params, self.robot)
        self.home = np.array(self.robot.home if start is None else start)
        self.q, self.v = self.home.copy(), np.zeros_like(self.home)
        self.now = 0.0
        self.gain = gain
        self.seq = 0
        self.sent: deque[tuple[np.ndarray, np.ndarray]] = deque(maxlen=delay + 1)
        self.out: ShieldOutput | None = None
        self.commands: list[np.ndarray] = []  # first points since arming, the start included
        self.are_joints_silent = False
        self.silent_voters: set[str] = set()

    def armed(self) -> Rig:
        """Run until votes have allowed motion for the dwell."""
        self.sense()
        assert self.shield.arm(self.now) == ''
        self.commands = [self.q.copy()]
        for _ in range(int(self.params.dwell / DT) + 2):
            self.step(self.target(self.home))
        return self

    def target(self, position: Any, velocity: Any = None, **changes: Any) -> Target:
        """A target for the next step."""
        velocity = np.zeros(len(self.home)) if velocity is None else velocity
        fields = {
            'stamp': self.now + DT, 'task_id': 't', 'names': self.robot.joint_names,
            'position': position, 'velocity': velocity, 'gripper': 0.08, 'source': Source.TELEOP,
        }  # fmt: skip
        return Target(**{**fields, **changes})

    def vote(self, voter: str, **changes: Any) -> SafetyVote:
        self.seq += 1
        fields = {
            'stamp': self.now, 'voter': voter, 'seq': self.seq, 'level': Level.RUN,
            'speed_scale': 1.0, 'ttl': 0.3, 'task_id': '',
        }  # fmt: skip
        return SafetyVote(**{**fields, **changes})

    def sense(self) -> None:
        if not self.are_joints_silent:
            names = (*self.robot.joint_names, self.robot.gripper.joint)
            sample = JointState(self.now, names, np.r_[self.q, 0.04], np.r_[self.v, 0.0])
            self.shield.on_joints(sample, self.now)
        for voter in self.params.required_voters:
            if voter not in self.silent_voters:
                self.shield.on_vote(self.vote(voter), self.now)

    def step(self, target: Target | None = None, *votes: SafetyVote) -> ShieldOutput:
        """One period: sense, target, votes, tick, move."""
        self.now += DT
        self.sense()
        if target is not None:
            kind = LeaseKind.TELEOP if target.source == Source.TELEOP else LeaseKind.AUTONOMY
            self.shield.leases.release(target.holder, ())
            self.shield.leases.acquire(target.holder, kind, (), self.now)
            self.shield.on_dead_man(True, self.now)
            self.shield.on_target(target, self.now)
        for vote in votes:
            self.shield.on_vote(vote, self.now)
        self.out = self.shield.tick(self.now)
        self._move()
        return self.out

    def _move(self) -> None:
        if self.out is None or self.out.arm is None:
            return
        arm = self.out.arm
        self.commands.append(arm.position[arm.next_row].copy())
        self.sent.append((arm.position[arm.next_row], arm.velocity[arm.next_row]))
        q, v = self.sent[0]
        self.q = self.home + self.gain * (q - self.home)
        self.v = self.gain * v

    @property
    def speed(self) -> np.ndarray:
        """(n,) rad/s commanded in the last step."""
        return (self.commands[-1] - self.commands[-2]) / DT


def violations(rig: Rig) -> list[str]:
    """Limits that the last output or the step to it violates."""
    assert rig.out is not None
    arm = rig.out.arm
    if arm is None:
        return ['no command while armed']
    numbers = (arm.position, arm.velocity, arm.time_from_start)
    if not all(np.isfinite(part).all() for part in numbers):
        return ['not finite']
    limits, most = rig.robot.limits, 1.0 + 1e-6
    steps = np.diff(np.array(rig.commands[-3:]), axis=0) / DT
    changes = np.abs(np.diff(steps, axis=0)) / DT
    row = arm.next_row
    times = arm.time_from_start[row:]
    ramp = np.diff(arm.position[row:], axis=0) / np.diff(times)[:, None]
    slowing = np.abs(np.diff(ramp, axis=0)) / (0.5 * (times[2:] - times[:-2]))[:, None]
    good = {
        'times': times[0] > 0.0 and np.all(np.diff(times) > 0.0),
        'at rest at the end': not arm.velocity[-1].any(),
        'position': limits.within(arm.position, rig.params.joint_margin - 1e-4),
        'velocity': np.all(np.abs(arm.velocity) <= limits.velocity * most),
        'step velocity': np.all(np.abs(steps) <= limits.velocity * most),
        'acceleration': np.all(changes <= limits.acceleration * most),
        'acceleration of the stop': np.all(slowing <= limits.acceleration * 1.01 + 1e-6),
    }
    return [name for name, is_good in good.items() if not is_good]


def tip(rig: Rig) -> np.ndarray:
    """(3,) m, commanded position of the tip."""
    return model('ur5e').fk(rig.commands[-1])[:3, 3]


def drive(
    rig: Rig, velocity: Any, seconds: float, check: Callable[[Rig], None] | None = None
) -> list[ShieldReport]:
    """Send targets that move the tip with `velocity` (3,) m/s; returns the reports."""
    robot, reports, q = model('ur5e'), [], rig.commands[-1].copy()
    start = robot.fk(q)[:3, 3]
    for k in range(round(seconds / DT)):
        jacobian = robot.jacobian(q)
        error = start + np.array(velocity) * k * DT - robot.fk(q)[:3, 3]
        rate = np.linalg.pinv(jacobian) @ np.r_[np.array(velocity) + 5.0 * error, 0.0, 0.0, 0.0]
        q = q + rate * DT
        reports.append(rig.step(rig.target(q, rate)).report)
        assert violations(rig) == []
        if check:
            check(rig)
    return reports
