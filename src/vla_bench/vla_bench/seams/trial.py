"""One run of control on chunks that arrive late, not at all, twice or in the wrong order, with an
arm that follows with a lag.

The policy is a smooth random path. Every chunk carries an error of its own, so that two chunks
never agree and every seam is a discontinuity.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from vla_control.controller import Controller
from vla_control.params import ControlParams
from vla_core import geometry
from vla_core.frozen import Array
from vla_core.records.action import EE_NAMES, ActionChunk, Space
from vla_core.records.safety import ArmState, Decision, ShieldReport
from vla_core.records.sensing import JointState
from vla_core.records.task import Phase, TaskStatus
from vla_core.robot.config import RobotConfig, load_robot

PERIOD = 0.01  # s
TASK = 'seams'
STEP, HORIZON = 0.05, 16  # s, rows


@dataclass(frozen=True)
class Condition:
    """Delivery of chunks from policy to control."""

    name: str
    every: float = 0.2  # s between observations
    delay: tuple[float, float] = (0.05, 0.1)  # s from observation to arrival
    lost: float = 0.0  # share of chunks that do not arrive
    twice: float = 0.0  # share of chunks that arrive twice
    held: float = 0.0  # 1/s, rate at which the shield holds the arm, for 0.01 to 0.5 s


CONDITIONS = (
    Condition('on time'),
    Condition('late', delay=(0.1, 0.95)),
    Condition('missing', lost=0.6),
    Condition('reordered', every=0.1, delay=(0.02, 0.6)),
    Condition('duplicated', twice=0.7, delay=(0.05, 0.4)),
    Condition('all together', every=0.1, delay=(0.02, 0.95), lost=0.3, twice=0.3),
    Condition('held by the shield', delay=(0.05, 0.3), held=1.0),
)


@dataclass(frozen=True)
class SeamTrial:
    """The settings of a run."""

    robot: str
    space: Space
    condition: Condition
    seed: int
    duration: float = 3.0  # s
    error: float = 0.015  # m, standard deviation of a chunk's error; 10 rad count as 1 m


@dataclass
class SeamTrace:
    """The output of control, one entry per period."""

    time: list[float] = field(default_factory=list)  # s
    position: list[Array] = field(default_factory=list)  # (n,) rad, commanded
    velocity: list[Array] = field(default_factory=list)  # (n,) rad/s
    seam: list[bool] = field(default_factory=list)  # a chunk was accepted just before
    unblended: list[Array] = field(default_factory=list)  # due row of the newest chunk
    rejected: dict[str, int] = field(default_factory=dict)  # reason: count


class ReferencePath:
    """A smooth random path about home, from rest; joints (n,) rad or tool (6,) m and rad."""

    def __init__(self, width: int, rng: np.random.Generator, is_joint: bool) -> None:
        size = np.full(width, 0.15) if is_joint else np.r_[np.full(3, 0.04), np.full(3, 0.15)]
        self._size = size * rng.uniform(0.3, 1.0, width)
        self._pulse = 2.0 * np.pi * rng.uniform(0.1, 0.45, width)  # rad/s
        self._phase = rng.uniform(0.0, 2.0 * np.pi, width)

    def at(self, t: Array) -> Array:
        """(k, width) at times t (k,) s."""
        ease = np.clip(t, 0.0, 1.0)[:, None] ** 2 * (3.0 - 2.0 * np.clip(t, 0.0, 1.0)[:, None])
        wave = np.sin(t[:, None] * self._pulse + self._phase)
        value: Array = ease * self._size * wave
        return value


class ControlRig:
    """The controller, an arm that follows it, and the delivery of chunks to it."""

    def __init__(self, trial: SeamTrial) -> None:
        self.trial = trial
        self.robot: RobotConfig = load_robot(trial.robot)
        self.controller = Controller(ControlParams(), self.robot)
        self.model = self.controller.servo.model
        self.rng = np.random.default_rng(trial.seed)
        self.is_joint = trial.space == Space.JOINT_POSITION
        self.reference = ReferencePath(
            len(self.robot.home) if self.is_joint else 6, self.rng, self.is_joint
        )
        self.home_pose = self.model.fk(self.robot.home)
        self.arm = LaggedArm(self.robot.home)
        self.in_transit: list[tuple[float, ActionChunk]] = []
        self.trace = SeamTrace()
        self.held_until = -1.0
        self._newest: ActionChunk | None = None

    def run(self) -> SeamTrace:
        """Run the trial to its end."""
        every = round(self.trial.condition.every / PERIOD)
        for k in range(round(self.trial.duration / PERIOD)):
            now = k * PERIOD
            self.controller.on_joints(self._joints(now))
            if k == 0:
                status = TaskStatus(now, TASK, 'follow', Phase.RUNNING)
                self.controller.on_status(status, now)
            if k % every == 0:
                self._observe(now, k)
            self._deliver(now)
            self._tick(now)
        return self.trace

    def _joints(self, now: float) -> JointState:
        names = (*self.robot.joint_names, self.robot.gripper.joint)
        return JointState(now, names, np.r_[self.arm.q, 0.04], np.r_[self.arm.v, 0.0])

    def _observe(self, now: float, seq: int) -> None:
        """The policy makes a chunk, which is lost, delayed or duplicated."""
        condition, rng = self.trial.condition, self.rng
        chunk = self._chunk(now, seq)
        copies = (
            0 if rng.random() < condition.lost and seq else 1 + int(rng.random() < condition.twice)
        )
        for _ in range(copies):
            self.in_transit.append((now + rng.uniform(*condition.delay), chunk))

    def _chunk(self, now: float, seq: int) -> ActionChunk:
        rows = self.reference.at(np.asarray(now + STEP * np.arange(HORIZON), dtype=np.float64))
        scale = np.ones(rows.shape[1]) if self.is_joint else np.r_[np.ones(3), np.full(3, 10.0)]
        shift, drift = self.trial.error * scale * self.rng.normal(size=(2, rows.shape[1]))
        rows = rows + shift + drift * np.linspace(0.0, 1.0, HORIZON)[:, None]
        if self.is_joint:
            names: tuple[str, ...] = self.robot.joint_names
            rows = rows + self.robot.home
        else:
            names, rows = EE_NAMES[:6], self._tool_rows(rows)
        return ActionChunk(now, TASK, 'trial', seq, self.trial.space, names, now, STEP, rows)

    def _tool_rows(self, rows: Array) -> Array:
        """Offsets from home (h, 6) as poses, or as changes from the present pose of the arm."""
        poses = geometry.apply_error(self.home_pose, rows)
        if self.trial.space == Space.EE_DELTA:
            return geometry.pose_error(self.model.fk(self.arm.q), poses)
        turns = geometry.log_rotation(poses[:, :3, :3])
        return np.hstack([poses[:, :3, 3], turns])

    def _deliver(self, now: float) -> None:
        due = sorted((m for m in self.in_transit if m[0] <= now), key=lambda m: m[0])
        self.in_transit = [m for m in self.in_transit if m[0] > now]
        seam = False
        for _, chunk in due:
            reason = self.controller.on_chunk(chunk, now)
            if reason:
                self.trace.rejected[reason] = self.trace.rejected.get(reason, 0) + 1
            else:
                seam, self._newest = True, chunk
        self.trace.seam.append(seam)

    def _tick(self, now: float) -> None:
        condition = self.trial.condition
        if (
            condition.held
            and now > self.held_until
            and self.rng.random() < condition.held * PERIOD
        ):
            self.held_until = now + self.rng.choice([PERIOD, self.rng.uniform(0.05, 0.5)])
        is_held = now <= self.held_until
        target = self.controller.tick(now)
        if target is None:
            raise RuntimeError('control has joint states and gives no target')
        self.arm.step(target.position, is_held)
        decision = Decision.HOLD if is_held else Decision.PASS
        self.controller.on_report(ShieldReport(now, 0, ArmState.ARMED, decision, ''), now)
        self.trace.time.append(now)
        self.trace.position.append(target.position)
        self.trace.velocity.append(target.velocity)
        self.trace.unblended.append(self._unblended(now))

    def _unblended(self, now: float) -> Array:
        """(n,) rad, the due row of the newest chunk without blending (JOINT_POSITION only)."""
        if self._newest is None or not self.is_joint:
            return self.robot.home
        row = (now - self._newest.start) / self._newest.step
        k = np.arange(self._newest.horizon)
        return np.array([np.interp(row, k, column) for column in self._newest.values.T])


class LaggedArm:
    """Follows with a first-order lag, stops within 0.1 s when held."""

    LAG = 0.03  # s

    def __init__(self, q: Array) -> None:
        self.q, self.v = np.array(q), np.zeros_like(q)

    def step(self, target: Array, is_held: bool) -> None:
        """Advance by one period."""
        self.v = 0.7 * self.v if is_held else (target - self.q) / (self.LAG + PERIOD)
        self.q = self.q + self.v * PERIOD


def jump_beyond_limits(trace: SeamTrace, velocity: Array) -> float:
    """Excess in rad of the largest joint step over what the velocity limit (n,) rad/s permits."""
    steps = np.abs(np.diff(np.array(trace.position), axis=0))
    return float(max((steps - velocity * PERIOD).max(), 0.0))


def step_change(positions: list[Array]) -> float:
    """Largest change in rad from one step to the next: a jump while moving."""
    return float(np.abs(np.diff(np.array(positions), 2, axis=0)).max())
