"""Time series, spans and overlay frames of a recorded episode, for the report and the video."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from vla_core import geometry
from vla_core.records.action import ActionChunk, Space
from vla_core.records.safety import Decision, Level
from vla_core.robot.config import RobotConfig
from vla_core.robot.model import RobotModel
from vla_report.timeseries import Series, Spans, series, spans
from vla_report.video_overlay import OverlayFrame
from vla_report.video_panel import Mark, PanelState
from vla_teleop.recorder.recording import Recording

NUMBER = re.compile(r'\d+\.\d+')  # differs from cycle to cycle; the reason does not


@dataclass(frozen=True)
class Reason:
    """One reason reported by the shield, and how often."""

    text: str
    decision: Decision
    count: int
    total: float  # s
    longest: float  # s
    first: float  # s since the instruction


@dataclass
class Story:
    """An episode with its robot; times count from the instruction."""

    recording: Recording
    robot: RobotConfig
    zero: float  # s, ROS time of the instruction
    end: float  # s, ROS time of the last status

    def phases(self) -> Spans:
        pairs = [(s.at - self.zero, s.record.phase) for s in self.recording.of('status')]
        return spans(pairs, self.length)

    def permissions(self) -> dict[str, Spans]:
        """Levels by voter, and last the decisions of the shield."""
        return {**self.votes(), 'shield': self.decisions()}

    def votes(self) -> dict[str, Spans]:
        """Levels over time by voter."""
        pairs: dict[str, list[tuple[float, Level]]] = {}
        for item in self.recording.of('votes'):
            pairs.setdefault(item.record.voter, []).append(
                (item.at - self.zero, item.record.level)
            )
        return {name: spans(rows, self.length) for name, rows in sorted(pairs.items())}

    def decisions(self) -> Spans:
        pairs = [(s.at - self.zero, s.record.decision) for s in self.recording.of('report')]
        return spans(pairs, self.length)

    def reasons(self) -> list[Reason]:
        """Reasons reported by the shield, the longest first."""
        pairs = [
            (s.at - self.zero, (NUMBER.sub('…', s.record.reason), s.record.decision))
            for s in self.recording.of('report')
        ]
        found: dict[tuple[str, Decision], list[float]] = {}
        firsts: dict[tuple[str, Decision], float] = {}
        for begin, end, item in spans(pairs, self.length):
            if item[0]:
                found.setdefault(item, []).append(end - begin)
                firsts.setdefault(item, begin)
        made = [Reason(*k, len(v), sum(v), max(v), firsts[k]) for k, v in found.items()]
        return sorted(made, key=lambda reason: -reason.total)

    def joints(self) -> dict[str, Series]:
        """Joint angles: target, command after the shield, measured; in the robot's order."""
        names = self.robot.joint_names
        clock = _stamp

        def ordered(record):
            return [record.position[record.names.index(name)] for name in names]

        def first(record):
            return [record.position[record.next_row][record.names.index(name)] for name in names]

        return {
            'target': series(self._records('target'), ordered, self.zero, clock),
            'command': series(self._records('arm_command'), first, self.zero, clock),
            'measured': series(self._records('joint_states'), ordered, self.zero, clock),
        }

    def tool(self) -> dict[str, Series]:
        """TCP positions, target and measured, m in the base frame."""
        model = RobotModel(self.robot)
        made = {}
        for kind, line in self.joints().items():
            if kind != 'command' and len(line.at):
                rows = line.values[::5]
                points = np.array([model.fk(q)[:3, 3] for q in rows])
                made[kind] = Series(line.at[::5], points)
        return made

    def gripper(self) -> Series:
        """Opening of the gripper, m."""
        joint = self.robot.gripper.joint
        return series(
            [r for r in self._records('joint_states') if joint in r.names],
            lambda r: 2.0 * r.position[r.names.index(joint)], self.zero, _stamp,
        )  # fmt: skip

    def shield_numbers(self) -> dict[str, Series]:
        """Clearance, change and speed scale over time, by axis title."""
        reports = self._records('report')
        rows = {
            'clearance, m': lambda r: r.separation if np.isfinite(r.separation) else np.nan,
            'change, rad/s': lambda r: r.change,
            'speed scale': lambda r: r.speed_scale,
        }
        return {name: series(reports, row, self.zero, _stamp) for name, row in rows.items()}

    def latencies(self) -> dict[str, np.ndarray]:
        """ms: from exposure to scene, chunk and first command; computation time of the shield."""
        first: dict[float, float] = {}
        for item in self.recording.of('report'):
            if item.record.chunk_stamp > 0.0:
                first.setdefault(item.record.chunk_stamp, item.record.stamp)
        return {
            'camera to scene': self._ages('scene'),
            'camera to chunk': self._ages('chunk'),
            'camera to command': 1e3 * np.array([at - stamp for stamp, at in first.items()]),
            'shield work': np.array([r.loop_ms for r in self._records('report')]),
        }

    def changed_share(self) -> float:
        """Share of armed cycles in which the shield changed the command."""
        armed = [r for r in self._records('report') if r.decision != Decision.DISARMED]
        return float(np.mean([r.decision != Decision.PASS for r in armed])) if armed else 0.0

    def overlay_frames(self) -> Iterator[OverlayFrame]:
        """One per image of the scene camera, with the scene and the newest records at its time."""
        camera_from_base = geometry.inverse(self.robot.camera('scene').base_from_camera)
        scenes = {item.record.stamp: item.record for item in self.recording.of('scene')}
        newest = NewestRecords(self.recording, ('status', 'report', 'chunk'))
        votes = NewestRecords(self.recording, ('votes',))
        wrist = scene = None
        for item in self.recording.pictures():
            if item.stream == 'picture:wrist':
                wrist = item.record
            if item.stream != 'picture:scene':
                continue
            scene = scenes.get(item.record.stamp, scene)
            now, newest_votes = newest.at(item.record.stamp), votes.at(item.record.stamp)
            state = PanelState(
                now.get('status'),
                now.get('report'),
                now.get('chunk'),
                tuple(newest_votes.values()),
            )
            path = chunk_path(state.chunk, self._base_from_tcp)
            elapsed = item.record.stamp - self.zero
            yield OverlayFrame(item.record, wrist, camera_from_base, scene, state, path, elapsed)

    def marks(self) -> tuple[Mark, ...]:
        """Segments of the video's time line."""
        return tuple(Mark(*span) for span in self.decisions())

    @property
    def length(self) -> float:
        """s, from the instruction to the last record."""
        return self.end - self.zero

    def _records(self, topic: str) -> list:
        return [item.record for item in self.recording.of(topic)]

    def _ages(self, topic: str) -> np.ndarray:
        return 1e3 * np.array([s.at - s.record.stamp for s in self.recording.of(topic)])

    def _base_from_tcp(self, stamp: float) -> np.ndarray:
        """Pose of the tool at a ROS time, from the joint state nearest to it."""
        if not hasattr(self, '_model'):
            self._model = RobotModel(self.robot)
            self._joint_times = np.array([r.stamp for r in self._records('joint_states')])
        row = int(np.argmin(np.abs(self._joint_times - stamp)))
        record = self._records('joint_states')[row]
        return self._model.fk(record.select(self.robot.joint_names)[0])


class NewestRecords:
    """The newest record of each stream (of each voter for votes) over time."""

    def __init__(self, recording: Recording, streams: tuple[str, ...]) -> None:
        item = [item for stream in streams for item in recording.of(stream)]
        self._pending = deque(sorted(item, key=lambda item: item.at))
        self._now: dict[str, Any] = {}

    def at(self, time: float) -> dict[str, Any]:
        """The newest records at a ROS time, by stream or voter; times must not decrease."""
        while self._pending and self._pending[0].at <= time:
            item = self._pending.popleft()
            self._now[getattr(item.record, 'voter', item.stream)] = item.record
        return self._now


def story_of(recording: Recording) -> Story:
    """Return the evaluated episode of a recording."""
    statuses = recording.of('status')
    return Story(recording, recording.robot, statuses[0].at, recording.end)


def chunk_path(chunk: object, base_from_tcp) -> np.ndarray:
    """TCP path of a chunk, (k, 3) m, base frame; empty for spaces without a TCP pose."""
    if not isinstance(chunk, ActionChunk) or chunk.space not in (Space.EE_DELTA, Space.EE_POSE):
        return np.zeros((0, 3))
    rows = chunk.values[:, [chunk.names.index(k) for k in 'xyz']]
    if chunk.space == Space.EE_DELTA:
        rows = rows + base_from_tcp(chunk.stamp)[:3, 3]
    return rows


def _stamp(record) -> float:
    return float(record.stamp)
