"""F16: a joint commanded at full speed towards its limit, from a thousand starts, shield alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from tqdm import tqdm

from vla_core.errors import UserError
from vla_core.records.action import Source, Target
from vla_core.records.lease import LeaseKind
from vla_core.records.safety import Level, SafetyVote
from vla_core.records.sensing import JointState
from vla_core.result import Figure, share
from vla_core.robot.config import RobotConfig, load_robot
from vla_shield.shield import Shield, ShieldParams

DT = 0.01  # s
CYCLES = 60
ROUNDING = 1e-5  # rad beyond the margin: rounding, not motion
NEAR = (0.05, 0.6)  # rad from the start to the margin


def f16(args: Any, starts: int = 1000) -> Iterator[Figure]:
    """The share of starts that end beyond the joint margin."""
    robot, rng = load_robot(args.robot), np.random.default_rng(args.seed)
    drive = ShieldDrive(robot)
    beyond, fast = 0, 0.0
    for _ in tqdm(range(starts), desc='F16', unit='start'):
        crossed, speed = play(drive, rng)
        beyond, fast = beyond + crossed, max(fast, speed)
    name = 'F16 joint driven at its limit (lockstep): crossings'
    yield share(name, beyond, starts, '== 0', 'of starts')
    yield Figure('F16 fastest joint / limit', fast, '', '>= 0.3')


def play(drive: ShieldDrive, rng: np.random.Generator) -> tuple[bool, float]:
    """One start: True when a command went beyond the margin, and the fastest joint."""
    robot, edge = drive.robot, drive.shield.params.joint_margin
    limits, n = robot.limits, len(robot.joint_names)
    joint, sign = int(rng.integers(n)), float(rng.choice((-1.0, 1.0)))
    start = np.array(robot.home) + rng.uniform(-0.3, 0.3, n)
    start = limits.clamp(start, edge)
    stop = limits.upper[joint] - edge if sign > 0 else limits.lower[joint] + edge
    start[joint] = stop - sign * rng.uniform(*NEAR)
    goal = start + sign * 2.0 * np.eye(n)[joint]
    drive.begin(start)
    for _ in range(CYCLES):
        drive.step(goal, sign * limits.velocity * np.eye(n)[joint])
    commands = np.array(drive.commands)
    crossed = not limits.within(commands, edge - ROUNDING)
    speeds = np.abs(np.diff(commands, axis=0)) / DT / limits.velocity
    return crossed, float(speeds.max(initial=0.0))


class ShieldDrive:
    """A shield and an ideal arm, which is where it is commanded to be."""

    def __init__(self, robot: RobotConfig) -> None:
        self.robot, self.now = robot, 0.0
        self.shield = Shield(ShieldParams(tcp_speed=1.0, link_speed=1.5, dwell=0.02), robot)

    def begin(self, start: np.ndarray) -> None:
        """Reset the arm to `start` (n,) rad, at rest, and arm the shield."""
        self.shield.disarm(self.now)
        while self.shield.tick(self.now).arm is not None:
            self.now += DT
            self.sense()
        self.q, self.v, self.commands = start, np.zeros_like(start), [start]
        self.now += 1.0
        self.sense()
        reason = self.shield.arm(self.now)
        if reason:
            raise UserError(f'F16 cannot arm: {reason}')

    def sense(self) -> None:
        names = (*self.robot.joint_names, self.robot.gripper.joint)
        sample = JointState(self.now, names, np.r_[self.q, 0.04], np.r_[self.v, 0.0])
        self.shield.on_joints(sample, self.now)
        seq = round(self.now / DT)
        for voter in self.shield.params.required_voters:
            vote = SafetyVote(self.now, voter, seq, Level.RUN, 1.0, 0.3)
            self.shield.on_vote(vote, self.now)

    def step(self, goal: np.ndarray, velocity: np.ndarray) -> None:
        """One period with `goal` as the target."""
        self.now += DT
        self.sense()
        names = self.robot.joint_names
        target = Target(self.now, 't', names, goal, velocity, 0.08, Source.TELEOP)
        self.shield.leases.acquire(target.holder, LeaseKind.TELEOP, (), self.now)
        self.shield.on_dead_man(True, self.now)
        self.shield.on_target(target, self.now)
        out = self.shield.tick(self.now)
        if out.arm is not None:
            row = out.arm.next_row
            self.q, self.v = out.arm.position[row], out.arm.velocity[row]
            self.commands.append(self.q)
