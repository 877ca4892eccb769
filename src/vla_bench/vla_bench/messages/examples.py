"""A usual message of each topic of the stack."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from vla_bench.messages.intake import Intake
from vla_core.records.action import EE_NAMES, ActionChunk, ControlState, PolicyFeatures, Space
from vla_core.records.alignment import AlignmentVerdict, Correction
from vla_core.records.safety import (
    ArmState,
    Decision,
    FailureScore,
    Heartbeat,
    Level,
    SafetyVote,
    ShieldReport,
    Verdict,
)
from vla_core.records.scene import GroundedObject, GroundedScene, ParsedTask, Role, TargetStatus
from vla_core.records.task import Phase, TaskStatus


def cube() -> GroundedObject:
    place, size = np.array([0.5, 0.0, 0.02]), np.full(3, 0.04)
    return GroundedObject(1, 'red cube', 'red', 'cube', Role.TARGET, 0.9, place, 0.0, size, 0.002)


def pushed(now: float, seq: int = 1) -> ActionChunk:
    return ActionChunk(
        now, 'task', 'a', seq, Space.EE_DELTA, EE_NAMES, now, 0.05, np.zeros((16, 7))
    )


EXAMPLES: dict[str, Callable[[Intake], Any]] = {
    'joint_states': lambda i: i.joints(),
    'target': lambda i: i.target(),
    'votes': lambda i: SafetyVote(i.now, 'policy', 10_000, Level.RUN, 1.0, 0.3, '', ('a', 'b')),
    'scene': lambda i: GroundedScene(
        i.now, 'task', ParsedTask(), (cube(),), TargetStatus.PRESENT
    ),
    'chunk': lambda i: pushed(i.now),
    'candidates': lambda i: (pushed(i.now), pushed(i.now, 2)),
    'task': lambda i: TaskStatus(i.now, 'task', 'press the button', Phase.RUNNING),
    'heartbeats': lambda i: Heartbeat(i.now, 'policy', 3, True, state='active'),
    'failure': lambda i: FailureScore(
        i.now, 'task', 1, 0.5, 1.0, 0.05, Verdict.OK, 'band'
    ),
    'verdict': lambda i: AlignmentVerdict(
        i.now, 'task', 1, 'grasp', 0, np.zeros(2), 'stage A', 0.1, 0.01, False
    ),
    'control_state': lambda i: ControlState(i.now, True, False),
    'report': lambda i: ShieldReport(i.now, 1, ArmState.ARMED, Decision.PASS, '', ages={'a': 0.0}),
    'features': lambda i: PolicyFeatures(i.now, 'task', 0, 'schema', np.zeros(8)),
    'corrections': lambda i: Correction(i.now, 'task', 'move arm left', 'me', 1.0),
}  # fmt: skip
