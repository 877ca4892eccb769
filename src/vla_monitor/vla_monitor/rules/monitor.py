"""The rule monitor: evaluates the rules on incoming records and votes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vla_core import timeline
from vla_core.freshness import is_late, is_set_back
from vla_core.frozen import Array
from vla_core.params import check, param
from vla_core.records.action import ActionChunk, Mode
from vla_core.records.safety import Level, SafetyVote
from vla_core.records.scene import GroundedScene
from vla_core.records.sensing import JointState
from vla_core.records.task import Phase, TaskStatus
from vla_core.robot.config import RobotConfig
from vla_core.robot.joint_states.merger import JointStateMerger
from vla_core.robot.model import RobotModel
from vla_monitor.rules.document import RuleResponse
from vla_monitor.rules.engine import Check, Engine
from vla_monitor.rules.explain import explain
from vla_monitor.rules.measures.action import measure_action
from vla_monitor.rules.measures.inputs import MeasureParams, RuleInputs
from vla_monitor.rules.measures.state import Values, measure_state
from vla_monitor.rules.measures.tool_path import ToolPathStates, path_of
from vla_monitor.rules.ruleset import RuleSet

VOTER = 'rules'
LEVELS = {
    RuleResponse.SLOW: Level.SLOW,
    RuleResponse.HOLD: Level.HOLD,
    RuleResponse.STOP: Level.STOP,
}
HISTORY = 3.0  # s of joint samples kept: a chunk starts at the tool pose at its stamp
NEAR = 0.1  # s, largest difference between a chunk's stamp and the joint sample used for it


@dataclass(frozen=True)
class RuleMonitorParams:
    """Evaluation rate, and the response to a violation."""

    period: float = param(0.1, 's, between two steps of the rules', lo=0.01, hi=1.0)
    slow_scale: float = param(0.5, 'fraction of full speed in a SLOW vote', lo=0.05, hi=1.0)
    hold_limit: float = param(0.5, 's, longest hold of the last row of a chunk', lo=0.0, hi=5.0)
    vote_ttl: float = param(0.3, 's, time to live of a vote', lo=0.05, hi=1.0)
    measure: MeasureParams = field(default_factory=MeasureParams)

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class RuleSample:
    """Arm and gripper state at one time."""

    stamp: float  # s
    q: Array  # (n,) rad
    velocity: Array  # (n,) rad/s
    opening: float  # m


class RuleMonitor:
    """Runs an Engine for one robot."""

    def __init__(self, params: RuleMonitorParams, robot: RobotConfig, rules: RuleSet) -> None:
        self.params, self.robot = params, robot
        self.engine = Engine(rules)
        self.model = RobotModel(robot)
        self._merger = JointStateMerger(robot)
        self._samples: deque[RuleSample] = deque()
        self._scene: GroundedScene | None = None
        self._status: TaskStatus | None = None
        self._chunk: ActionChunk | None = None
        self._path: ToolPathStates | str | None = None  # of the chunk; computed on first use
        self._stepped = -np.inf  # s, time of the last committed step
        self._votes = 0
        self._handlers: dict[str, Callable[[Any], None]] = {
            'joint_states': self._on_joints,
            'scene': self._on_scene,
            'status': self._on_status,
            'chunk': self._on_chunk,
        }

    def observe(self, topic: str, record: Any, now: float) -> None:
        """Process a record; topics that no predicate uses are ignored."""
        handler = self._handlers.get(topic)
        if handler is not None:
            handler(record)

    def clear(self) -> None:
        """Discard what has a stamp: the clock jumped."""
        self._samples.clear()
        self._scene = self._chunk = self._path = None
        self._stepped = -np.inf

    def vote(self, now: float) -> SafetyVote:
        """Return RUN when every rule is satisfied, else the most severe response."""
        values = self.values(now)
        is_step = now - self._stepped >= self.params.period - 1e-6 or now < self._stepped
        result = self.engine.check(values, commit=is_step)
        if is_step:
            self._stepped = now
        response = result.response
        level = LEVELS[response] if response else Level.RUN
        scale = {Level.RUN: 1.0, Level.SLOW: self.params.slow_scale}.get(level, 0.0)
        self._votes += 1
        task_id = self._status.task_id if self._status else ''
        reasons = tuple(explain(rule, values) for rule in result.reasons)
        return SafetyVote(
            now, VOTER, self._votes, level, scale, self.params.vote_ttl, task_id, reasons
        )

    def judge(self, chunk: ActionChunk, now: float) -> Check:
        """Evaluate the rules as if this chunk were active now; the state is unchanged."""
        kept = self._chunk, self._path
        self._chunk, self._path = chunk, None
        try:
            return self.engine.check(self.values(now))
        finally:
            self._chunk, self._path = kept

    def values(self, now: float) -> Values:
        """Return every predicate's value at ROS time `now` (s)."""
        inputs = self.situation(now)
        p = self.params.measure
        return {**measure_state(inputs, p), **measure_action(inputs, p)}

    def situation(self, now: float) -> RuleInputs:
        """Return the inputs of the predicates."""
        p = self.params.measure
        sample = self._samples[-1] if self._samples else None
        if sample is not None and not -0.05 <= now - sample.stamp <= p.joints_max_age:
            sample = None
        path, unknown = self._remaining_path(now)
        scene = self._scene
        age = max(now - scene.stamp, 0.0) if scene else np.inf
        if sample is None:
            return RuleInputs(self.is_running, scene, age, None, None, None, path, unknown)
        jacobian = self.model.jacobian(sample.q)
        speed = float(np.linalg.norm(jacobian[:3] @ sample.velocity))
        pose = self.model.fk(sample.q)
        return RuleInputs(self.is_running, scene, age, pose, speed, sample.opening, path, unknown)

    @property
    def is_running(self) -> bool:
        return self._status is not None and self._status.phase == Phase.RUNNING

    def _remaining_path(self, now: float) -> tuple[ToolPathStates | None, str]:
        """Return the future rows of the chunk, or why they are unknown."""
        chunk = self._chunk
        if not self.is_running or chunk is None or chunk.mode == Mode.HOLD:
            return None, ''
        if not now < timeline.deadline(chunk, self.params.hold_limit):
            return None, ''
        if self._path is None:
            start = self._at(chunk.stamp)
            if start is None:
                return None, 'no joint state near the stamp of the chunk'
            self._path = path_of(chunk, self.model.fk(start.q), self.model)
        if isinstance(self._path, str):
            return None, self._path
        return self._path.rest(int(timeline.row_at(chunk, now))), ''

    def _at(self, stamp: float) -> RuleSample | None:
        best = min(self._samples, key=lambda s: abs(s.stamp - stamp), default=None)
        return best if best is not None and abs(best.stamp - stamp) <= NEAR else None

    def _on_joints(self, joints: JointState) -> None:
        merged = self._merger.merge(joints)
        if merged is None:
            return  # incomplete or invalid: the last sample ages
        q, velocity = merged.select(self.robot.joint_names)
        finger, _ = merged.select((self.robot.gripper.joint,))
        if not np.all(np.isfinite(np.r_[merged.stamp, q, velocity, finger])):
            return
        last = self._samples[-1].stamp if self._samples else -np.inf
        if is_late(merged.stamp, last):
            return
        if is_set_back(merged.stamp, last):
            self.clear()
        opening = self.robot.gripper.opening(float(finger[0]))
        self._samples.append(RuleSample(merged.stamp, q, velocity, opening))
        while self._samples[0].stamp < merged.stamp - HISTORY:
            self._samples.popleft()

    def _on_scene(self, scene: GroundedScene) -> None:
        self._scene = scene

    def _on_status(self, status: TaskStatus) -> None:
        if self._status is None or status.task_id != self._status.task_id:
            self.engine.reset()
        if status.phase != Phase.RUNNING:
            self._chunk = self._path = None
        self._status = status

    def _on_chunk(self, chunk: ActionChunk) -> None:
        if self._status is not None and chunk.task_id == self._status.task_id:
            self._chunk, self._path = chunk, None
