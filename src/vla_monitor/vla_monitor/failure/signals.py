"""Free signals, measured outside the policy: does the arm follow, is the gripper empty.

One row per inference; the same code serves recorded rollouts and the running robot.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np

from vla_core.freshness import is_late, is_set_back
from vla_core.frozen import Array
from vla_core.params import check, param
from vla_core.records.action import ActionChunk, Contact, ControlState, Space
from vla_core.records.safety import ArmState, Decision, ShieldReport
from vla_core.records.scene import GroundedObject, GroundedScene, Role, TargetStatus, Verb
from vla_core.records.task import Phase, TaskStatus

SIGNALS = (
    'asked',  # m, tool displacement that the chunk commands within a second
    'moved',  # m, tool displacement within the last second
    'lag',  # m, tool from the position that the last chunk commanded for now
    'stuck',  # s, duration of commanded motion that the shield passed without measured motion
    'empty',  # s, duration of a grasp task's gripper being closed without an object
    'opening',  # m, of the fingers
    'wanted',  # m, opening that the chunk commands in half a second
    'holding',  # 1: something is between the fingers
    'touching',  # 1: the closed gripper touches an object
    'unseen',  # s, since the target was in view
    'shifted',  # m, horizontal displacement of the target in this attempt
    'lifted',  # m, vertical displacement of the target in this attempt
    'away',  # m, from the tool to the target
    'base',  # m, displacement of the destination in this attempt
    'vague',  # m, standard deviation of the target's position
    'stale',  # s, age of the scene
    'absent',  # 1: perception does not report the target as present
    'turn',  # m, mean distance of the new chunk from the last one over their common time
)
MOVES = (Decision.PASS, Decision.CLIPPED, Decision.SLOWED)
GRASPS = (Verb.PUT_IN, Verb.STACK)
SECOND = 10  # rows of a chunk with steps of 0.1 s


@dataclass(frozen=True)
class SignalParams:
    """Thresholds for a stuck arm and an empty gripper."""

    window: float = param(2.0, 's, tool history kept', lo=1.0, hi=10.0)
    asked: float = param(0.02, 'm, least commanded motion within a second', lo=0.002, hi=0.5)
    still: float = param(0.002, 'm, largest displacement at standstill', lo=1e-4, hi=0.05)
    closed: float = param(0.004, 'm, a smaller opening holds nothing', lo=0.0, hi=0.05)

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class _Tool:
    """Tool state at one time."""

    stamp: float  # s
    tcp: Array  # (3,) m
    opening: float  # m
    contact: Contact


class Signals:
    """Tracks the attempts; `row` returns the signals at an inference."""

    def __init__(self, params: SignalParams) -> None:
        self.params = params
        self._tools: deque[_Tool] = deque()
        self._anchor: _Tool | None = None  # start of the present standstill
        self._scene: GroundedScene | None = None
        self._status: TaskStatus | None = None
        self._begin()

    @property
    def scene(self) -> GroundedScene | None:
        return self._scene

    @property
    def chunk(self) -> ActionChunk | None:
        """The newest chunk of this attempt."""
        return self._chunk

    def _begin(self) -> None:
        self._chunk: ActionChunk | None = None
        self._before: ActionChunk | None = None
        self._first: dict[Role, Array] = {}  # m, initial positions
        self._seen = self._commanded_since = self._empty_since = np.inf  # s
        self.began = -np.inf  # s, first record of the attempt

    def observe(self, topic: str, record: Any, now: float) -> None:
        """Process a record at `now` s."""
        if topic == 'status':
            self._on_status(record, now)
        elif topic == 'control_state':
            self._on_tool(record)
        elif topic == 'scene':
            self._on_scene(record)
        elif topic == 'report':
            self._on_report(record)
        elif topic in ('candidates', 'chunk'):
            self._on_chunk(record[0] if topic == 'candidates' else record)

    def on_clock_jump(self, now: float) -> None:
        """Discard what has a stamp; the initial positions of the objects stay."""
        first, self._tools, self._anchor, self._scene = self._first, deque(), None, None
        self._begin()
        self._first, self.began = first, now

    def row(self, now: float) -> Array:
        """(len(SIGNALS),) at `now` s; unknown values are 0."""
        tool, chunk = (self._tools[-1] if self._tools else None), self._chunk
        target = self._scene.by_role(Role.TARGET) if self._scene else None
        values = dict.fromkeys(SIGNALS, 0.0)
        if tool is not None:
            values['moved'] = float(np.linalg.norm(tool.tcp - self._tcp_at(tool.stamp - 1.0)))
            values['opening'] = tool.opening
            values['holding'] = float(tool.contact == Contact.HOLDING)
            values['touching'] = float(tool.contact == Contact.TOUCHING)
            values['stuck'] = self._stuck(tool)
            values['empty'] = max(tool.stamp - self._empty_since, 0.0)
        if chunk is not None:
            values['asked'] = commanded_travel(chunk)
            values['wanted'] = float(chunk.values[min(SECOND // 2, chunk.horizon - 1), -1])
            if tool is not None and self._before is not None:
                values['lag'] = self._lag(chunk, self._before)
                values['turn'] = disagreement(self._before, chunk)
        if self._scene is not None:
            values['stale'] = max(now - self._scene.stamp, 0.0)
            values['absent'] = float(self._scene.target_status != TargetStatus.PRESENT)
            values['unseen'] = max(self._scene.stamp - self._seen, 0.0)
            values |= self._object_signals(self._scene, target, tool)
        return np.array([values[name] for name in SIGNALS])

    def _on_status(self, status: TaskStatus, now: float) -> None:
        was, self._status = self._status, status
        is_new = was is None or (was.task_id, was.attempt) != (status.task_id, status.attempt)
        if is_new or (status.phase == Phase.RUNNING and was and was.phase != Phase.RUNNING):
            self._begin()
            self.began = now

    def _on_tool(self, state: ControlState) -> None:
        tool = _Tool(state.stamp, np.array(state.tcp), state.gripper, state.contact)
        last = self._tools[-1].stamp if self._tools else -np.inf
        if is_late(tool.stamp, last):
            return
        if is_set_back(tool.stamp, last):
            self._tools, self._anchor = deque(), None
        self._tools.append(tool)
        while self._tools[0].stamp < tool.stamp - self.params.window:
            self._tools.popleft()
        if self._anchor is None or self._is_off(tool, self._anchor):
            self._anchor = tool
        is_grasp = self._scene is not None and self._scene.task.verb in GRASPS
        is_empty = is_grasp and tool.opening <= self.params.closed
        self._empty_since = min(self._empty_since, tool.stamp) if is_empty else np.inf

    def _on_report(self, report: ShieldReport) -> None:
        """Restart the standstill while the shield holds: a held arm is not stuck."""
        if report.state != ArmState.ARMED or report.decision not in MOVES:
            self._anchor = None

    def _on_scene(self, scene: GroundedScene) -> None:
        self._scene = scene
        for role in (Role.TARGET, Role.DESTINATION):
            obj = scene.by_role(role)
            if obj is not None and obj.is_visible:
                self._first.setdefault(role, obj.position)
        target = scene.by_role(Role.TARGET)
        if (target is not None and target.is_visible) or not np.isfinite(self._seen):
            self._seen = scene.stamp

    def _on_chunk(self, chunk: ActionChunk) -> None:
        last = self._chunk.stamp if self._chunk else -np.inf
        if chunk.space != Space.EE_DELTA or is_late(chunk.stamp, last):
            return
        if self._chunk and chunk.stamp == self._chunk.stamp:
            self._chunk = chunk  # the one that is executed
            return
        self._before, self._chunk = self._chunk, chunk
        is_moving = commanded_travel(chunk) > self.params.asked
        self._commanded_since = min(self._commanded_since, chunk.stamp) if is_moving else np.inf

    def _stuck(self, tool: _Tool) -> float:
        """s, duration of commanded motion that the shield passed without measured motion."""
        still_since = self._anchor.stamp if self._anchor else tool.stamp
        return max(tool.stamp - max(still_since, self._commanded_since, self.began), 0.0)

    def _is_off(self, tool: _Tool, anchor: _Tool) -> bool:
        """True when the tool has moved from the anchor."""
        return float(np.linalg.norm(tool.tcp - anchor.tcp)) > self.params.still

    def _tcp_at(self, stamp: float) -> Array:
        return next((t.tcp for t in self._tools if t.stamp >= stamp), self._tools[0].tcp)

    def _lag(self, chunk: ActionChunk, before: ActionChunk) -> float:
        k = (chunk.stamp - before.stamp) / before.step
        rows = np.arange(before.horizon)
        expected = np.array([np.interp(k, rows, before.values[:, c]) for c in range(3)])
        moved = self._tcp_at(chunk.stamp) - self._tcp_at(before.stamp)
        return float(np.linalg.norm(moved - expected))

    def _object_signals(
        self, scene: GroundedScene, target: GroundedObject | None, tool: _Tool | None
    ) -> dict[str, float]:
        found: dict[str, float] = {}
        if target is not None:
            offset = target.position - self._first.get(Role.TARGET, target.position)
            found = {'shifted': float(np.hypot(*offset[:2])), 'lifted': float(offset[2])}
            found['vague'] = target.sigma
            if tool is not None:
                found['away'] = float(np.linalg.norm(tool.tcp - target.position))
        below = scene.by_role(Role.DESTINATION)
        if below is not None:
            offset = below.position - self._first.get(Role.DESTINATION, below.position)
            found['base'] = float(np.linalg.norm(offset))
        return found


def kind_of(scene: GroundedScene | None) -> str:
    """Return the kind of the scene's task: verb, shape, side."""
    if scene is None:
        return ''
    words = (scene.task.verb.value, scene.task.target.shape, scene.task.side)
    return ' '.join(word for word in words if word)


def commanded_travel(chunk: ActionChunk) -> float:
    """m, commanded displacement of the tool within a second."""
    return float(np.linalg.norm(chunk.values[min(SECOND, chunk.horizon - 1), :3]))


def disagreement(before: ActionChunk, after: ActionChunk) -> float:
    """m, mean distance of two chunks over their common time, each relative to its start there.

    STAC with one sample (SAFE, arXiv 2506.09937, baselines), on the position of the tool.
    """
    shift = round((after.stamp - before.stamp) / before.step)
    rows = before.horizon - shift
    if not 0 <= shift < before.horizon or rows < 2:
        return 0.0
    old = before.values[shift:, :3] - before.values[shift, :3]
    new = after.values[:rows, :3] - after.values[0, :3]
    return float(np.linalg.norm(old - new, axis=1).mean())
