"""A short synthetic episode."""

import numpy as np
import pytest

from vla_core.records.action import EE_NAMES, ActionChunk, Space, Trajectory
from vla_core.records.safety import ArmState, Decision, Level, SafetyVote, ShieldReport
from vla_core.records.sensing import CameraModel, JointState, RgbdFrame
from vla_core.records.task import Phase, TaskStatus
from vla_core.robot.config import RobotConfig, load_robot


@pytest.fixture(scope='module')
def robot() -> RobotConfig:
    return load_robot('ur5e')


@pytest.fixture
def records(robot: RobotConfig, rng: np.random.Generator) -> list[tuple[str, object]]:
    """(stream, record) of one of many kinds; times are exact in ns."""
    n = len(robot.joint_names)
    names = robot.joint_names
    chunk = ActionChunk(
        1.5, '001-7', 'scripted', 3, Space.EE_DELTA, EE_NAMES, 1.5, 0.05, rng.normal(size=(8, 7)),
        plan_step='grasp the red cube',
    )  # fmt: skip
    ages = {'joints': 0.01, 'target': float('inf')}
    return [
        ('status', TaskStatus(1.0, '001-7', 'put it in', Phase.RUNNING, 1, 7)),
        ('joint_states', JointState(1.25, names, rng.normal(size=n), rng.normal(size=n))),
        ('chunk', chunk),
        ('candidates', (chunk,)),
        ('votes', SafetyVote(1.5, 'policy', 4, Level.SLOW, 0.5, 0.3, '001-7', ('late',))),
        ('report', ShieldReport(
            1.75, 9, ArmState.ARMED, Decision.CLIPPED, 'speed', ('speed',), 'tip', 0.01, 0.2, 0.5,
            0.06, 3, 1.5, ('left: held',), ages, 1.2, 10.1,
        )),
        ('arm_command', Trajectory(
            1.75, names, np.array([0.01, 0.2]), rng.normal(size=(2, n)), np.zeros((2, n))
        )),
    ]  # fmt: skip


@pytest.fixture
def frame(robot: RobotConfig, rng: np.random.Generator) -> RgbdFrame:
    rgb = rng.integers(0, 255, (6, 8, 3), dtype=np.uint8)
    depth = rng.uniform(0.2, 2.0, (6, 8)).astype(np.float32)
    model = CameraModel('scene_optical', 8, 6, 10.0, 10.0, 4.0, 3.0)
    return RgbdFrame('scene', 1.5, model, rgb, depth)
