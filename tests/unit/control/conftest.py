"""A controller with an arm that follows it exactly, unless a test holds it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from vla_control.controller import Controller
from vla_control.params import ControlParams
from vla_core.records.action import EE_NAMES, ActionChunk, Space, Target
from vla_core.records.safety import ArmState, Decision, ShieldReport
from vla_core.records.sensing import JointState
from vla_core.records.task import Phase, TaskStatus
from vla_core.robot.config import load_robot

DT = 0.01
OPENING = 0.05  # m, measured


class Bench:
    """Steps the controller; `decision` is the shield's, `is_stuck` keeps the arm still."""

    def __init__(self, robot: str) -> None:
        self.robot = load_robot(robot)
        self.controller = Controller(ControlParams(), self.robot)
        self.model = self.controller.servo.model
        self.q, self.v = np.array(self.robot.home), np.zeros(len(self.robot.home))
        self.now = 0.0
        self.opening = OPENING
        self.decision: Decision | None = None
        self.is_stuck = False
        self.speed_scale = 1.0  # that the shield reports
        self.targets: list[Target] = []
        self.seq = 0
        self.sense()

    def sense(self, **changes: object) -> None:
        names = (*self.robot.joint_names, self.robot.gripper.joint)
        joints = JointState(self.now, names, np.r_[self.q, self.opening / 2], np.r_[self.v, 0.0])
        self.controller.on_joints(replace(joints, **changes))

    def phase(self, phase: Phase, task: str = 'task') -> None:
        self.controller.on_status(TaskStatus(self.now, task, 'do it', phase), self.now)

    def step(self) -> Target:
        """One period: joint states, target, the arm follows, the shield reports."""
        self.now = round(self.now + DT, 6)
        self.sense()
        target = self.controller.tick(self.now)
        assert target is not None
        if not self.is_stuck:
            self.q, self.v = np.array(target.position), np.array(target.velocity)
        else:
            self.v = np.zeros_like(self.v)
        if self.decision is not None:
            report = ShieldReport(
                self.now, 0, ArmState.ARMED, self.decision, '', speed_scale=self.speed_scale
            )
            self.controller.on_report(report, self.now)
        self.targets.append(target)
        return target

    def play(self, seconds: float, each: Callable[[], None] = lambda: None) -> list[Target]:
        """Step for `seconds`; call `each` before every step."""
        first = len(self.targets)
        for _ in range(round(seconds / DT)):
            each()
            self.step()
        return self.targets[first:]

    def chunk(self, rows: np.ndarray, **changes: object) -> ActionChunk:
        """Return an EE_DELTA chunk observed now with the next seq, and `changes` applied."""
        self.seq += 1
        rows = np.asarray(rows, dtype=float)
        names = EE_NAMES[: rows.shape[1]]
        chunk = ActionChunk(
            self.now, 'task', 'test', self.seq, Space.EE_DELTA, names, self.now, 0.05, rows
        )
        return replace(chunk, **changes)

    def send(self, rows: np.ndarray, **changes: object) -> str:
        return self.controller.on_chunk(self.chunk(rows, **changes), self.now)

    @property
    def tool(self) -> np.ndarray:
        """Measured tool position (3,) m."""
        return self.model.fk(self.q)[:3, 3]

    def assert_smooth(self, share: float = 1.0) -> None:
        """Assert velocity, acceleration and jerk of all targets by finite differences."""
        limits = self.robot.limits
        positions = np.array([target.position for target in self.targets])
        for order, limit in ((1, limits.velocity), (2, limits.acceleration), (3, limits.jerk)):
            worst = np.abs(np.diff(positions, order, axis=0)).max(axis=0) / (limit * DT**order)
            assert np.all(worst <= share * (1 + 1e-6)), (order, worst)


@pytest.fixture
def bench() -> Bench:
    return Bench('ur5e')


@pytest.fixture(params=['ur5e', 'fr3'])
def either(request: pytest.FixtureRequest) -> Bench:
    return Bench(request.param)
