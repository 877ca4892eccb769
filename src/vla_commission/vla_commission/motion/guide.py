"""Slow motion of the arm under the shield, recorded cycle by cycle."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil

import numpy as np

from vla_commission.motion.rig import PERIOD, Rig
from vla_core.errors import UserError
from vla_core.frozen import Array
from vla_core.records.safety import Decision

TIP_SPEED = 0.05  # m/s, of the tip
SETTLE = 0.3  # s, at rest before and after a motion
PATIENCE = 10.0  # s, for arming
HOLDS = (Decision.HOLD, Decision.BRAKE, Decision.REJECTED, Decision.DISARMED)
JUMP = 0.02  # rad, motion of an arm that is commanded to stay
STALLED = 1.5  # s of HOLD after which a motion is given up


class MotionError(UserError):
    """The arm does not do what it is commanded, or the shield does not let it; the reason."""


@dataclass
class MotionRecording:
    """What was commanded and measured in each cycle."""

    due: list[float] = field(default_factory=list)  # s, ROS time of the certified state
    certified: list[Array] = field(default_factory=list)  # (n,) rad
    stamps: list[float] = field(default_factory=list)  # s, of the joint states
    measured: list[Array] = field(default_factory=list)  # (n,) rad
    velocity: list[Array] = field(default_factory=list)  # (n,) rad/s

    def put(self, rig: Rig) -> None:
        """Note the newest command and measurement."""
        trajectory, state = rig.certified, rig.joints
        if trajectory is not None:
            row = trajectory.next_row  # the states before it were certified in earlier cycles
            due = (trajectory.stamp or rig.now) + float(trajectory.time_from_start[row])
            if not self.due or due > self.due[-1]:
                self.due.append(due)
                self.certified.append(trajectory.position[row])
        if state is not None and (not self.stamps or state.stamp > self.stamps[-1]):
            q, velocity = state.select(rig.robot.joint_names)
            self.stamps.append(state.stamp)
            self.measured.append(q)
            self.velocity.append(velocity)


class Guide:
    """Moves the arm of a rig; `opening` is the commanded opening of the gripper, m."""

    def __init__(self, rig: Rig) -> None:
        self.rig, self.recording = rig, MotionRecording()
        self.opening = rig.robot.gripper.open_width
        self._held_since: float | None = None

    @property
    def q(self) -> Array:
        """(n,) rad, measured."""
        if self.rig.joints is None:
            raise MotionError('there are no joint states with the whole arm')
        return self.rig.joints.select(self.rig.robot.joint_names)[0]

    def begin(self) -> Array:
        """Arm the shield where the arm is, and check that it stays there; return its q."""
        self.wait(SETTLE)
        rig, q, why = self.rig, self.q, ''
        finger = rig.finger
        if finger is not None:
            self.opening = rig.robot.gripper.opening(finger)
        end = rig.now + PATIENCE
        while rig.now < end:
            rig.command(q, np.zeros(len(q)), self.opening)
            why = rig.arm()
            if not why:
                break
            self.wait(SETTLE)
        if why:
            raise MotionError(f'the shield cannot be armed: {why}')
        self._stay(q)
        return q

    def _stay(self, q: Array) -> None:
        for _ in range(round(SETTLE / PERIOD)):
            self.step(q, np.zeros(len(q)))
            moved = np.abs(self.q - q)
            if not np.all(moved <= JUMP):
                self.rig.disarm()
                name = self.rig.robot.joint_names[int(np.argmax(moved))]
                raise MotionError(
                    f'{name} moved by {moved.max():.3f} rad although the arm was commanded to '
                    f'stay: joint states and commands do not mean the same joint, sign or unit'
                )

    def step(self, q: Array, velocity: Array) -> None:
        """One cycle with this target, which is recorded."""
        self.rig.command(q, velocity, self.opening)
        self.rig.cycle()
        self.recording.put(self.rig)
        self._check()

    def _check(self) -> None:
        """MotionError when the shield has been holding for STALLED s."""
        report, now = self.rig.report, self.rig.now
        if report is None or report.decision not in HOLDS:
            self._held_since = None
            return
        self._held_since = now if self._held_since is None else self._held_since
        if now - self._held_since > STALLED:
            reason = report.reason or report.decision.name
            self.rig.disarm()
            raise MotionError(f'the shield holds the arm: {reason}')

    def wait(self, seconds: float) -> None:
        """Run without a new target."""
        for _ in range(ceil(seconds / PERIOD)):
            self.rig.cycle()

    def hold(self, q: Array, seconds: float) -> None:
        """Stay at q."""
        for _ in range(ceil(seconds / PERIOD)):
            self.step(q, np.zeros(len(q)))

    def move(self, start: Array, end: Array, seconds: float) -> None:
        """A straight line in joint space, smooth at both ends."""
        steps = max(1, ceil(seconds / PERIOD))
        for k in range(1, steps + 1):
            s = k / steps
            share = s * s * s * (10.0 - 15.0 * s + 6.0 * s * s)
            rate = 30.0 * s * s * (1.0 - s) ** 2 / (steps * PERIOD)
            self.step(start + share * (end - start), rate * (end - start))
        self.hold(end, SETTLE)

    def finish(self) -> None:
        """Brake and disarm."""
        self.rig.disarm()
        self.wait(SETTLE)
