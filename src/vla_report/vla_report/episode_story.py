"""What a recorded episode says, put together for the report and the video."""

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
from vla_core.records.task import Phase
from vla_core.robot.config import RobotConfig
from vla_core.robot.model import RobotModel
from vla_report.timeseries import Series, Spans, series, spans
from vla_report.video_overlay import OverlayFrame
from vla_report.video_panel import Mark, PanelState
from vla_teleop.recorder.recording import Recording

NUMBER = re.compile(r'\d+\.\d+')  # differs from cycle to cycle; the reason does not


@dataclass(frozen=True)
class Reason:
    """One thing that the shield said, and how often."""

    text: str
    decision: Decision
    times: int
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

    def allowed(self) -> dict[str, Spans]:
        """Who allowed what, and last what the shield made of it."""
        return {**self.votes(), 'shield': self.decisions()}

    def votes(self) -> dict[str, Spans]:
        """Levels over time by voter."""
        pairs: dict[str, list[tuple[float, Level]]] = {}
        for said in self.recording.of('votes'):
            pairs.setdefault(said.record.voter, []).append(
                (said.at - self.zero, said.record.level)
            )
        return {name: spans(rows, self.length) for name, rows in sorted(pairs.items())}

    def decisions(self) -> Spans:
        pairs = [(s.at - self.zero, s.record.decision) for s in self.recording.of('report')]
        return spans(pairs, self.length)

    def reasons(self) -> list[Reason]:
        """What the shield had to say, the longest first."""
        pairs = [
            (s.at - self.zero, (NUMBER.sub('…', s.record.reason), s.record.decision))
            for s in self.recording.of('report')
        ]
        found: dict[tuple[str, Decision], list[float]] = {}
        firsts: dict[tuple[str, Decision], float] = {}
        for begin, end, said in spans(pairs, self.length):
            if said[0]:
                found.setdefault(said, []).append(end - begin)
                firsts.setdefault(said, begin)
        made = [Reason(*k, len(v), sum(v), max(v), firsts[k]) for k, v in found.items()]
        return sorted(made, key=lambda reason: -reason.total)

    def joints(self) -> dict[str, Series]:
        """Angles proposed, let through, measured, in the robot's order."""
        names = self.robot.joint_names
        clock = _stamp

        def ordered(record):
            return [record.position[record.names.index(name)] for name in names]

        def first(record):
            return [record.position[0][record.names.index(name)] for name in names]

        return {
            'proposed': series(self._records('target'), ordered, self.zero, clock),
            'let through': series(self._records('arm_command'), first, self.zero, clock),
            'measured': series(self._records('joint_states'), ordered, self.zero, clock),
        }

    def tool(self) -> dict[str, Series]:
        """Positions of the tool, proposed and measured, m in base_link."""
        model = RobotModel(self.robot)
        made = {}
        for kind, line in self.joints().items():
            if kind != 'let through' and len(line.at):
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
        """Margin, change and speed scale over time, by axis title."""
        reports = self._records('report')
        rows = {
            'clearance, m': lambda r: r.separation if np.isfinite(r.separation) else np.nan,
            'change, rad/s': lambda r: r.change,
            'speed scale': lambda r: r.speed_scale,
        }
        return {name: series(reports, row, self.zero, _stamp) for name, row in rows.items()}

    def latencies(self) -> dict[str, np.ndarray]:
        """ms: from exposure to scene, chunk, first command resting on it; work of the shield."""
        first: dict[float, float] = {}
        for said in self.recording.of('report'):
            if said.record.chunk_stamp > 0.0:
                first.setdefault(said.record.chunk_stamp, said.record.stamp)
        return {
            'camera to scene': self._ages('scene'),
            'camera to chunk': self._ages('chunk'),
            'camera to command': 1e3 * np.array([at - stamp for stamp, at in first.items()]),
            'shield work': np.array([r.loop_ms for r in self._records('report')]),
        }

    def changed_share(self) -> float:
        """Share of armed cycles in which the shield changed anything."""
        armed = [r for r in self._records('report') if r.decision != Decision.DISARMED]
        return float(np.mean([r.decision != Decision.PASS for r in armed])) if armed else 0.0

    def moments(self) -> Iterator[OverlayFrame]:
        """One per picture of the scene camera, with what was made of it and said at that time."""
        camera_from_base = geometry.inverse(self.robot.camera('scene').base_from_camera)
        scenes = {said.record.stamp: said.record for said in self.recording.of('scene')}
        newest = NewestRecords(self.recording, ('status', 'report', 'chunk'))
        votes = NewestRecords(self.recording, ('votes',))
        wrist = scene = None
        for said in self.recording.pictures():
            if said.stream == 'picture:wrist':
                wrist = said.record
            if said.stream != 'picture:scene':
                continue
            scene = scenes.get(said.record.stamp, scene)
            now, said_votes = newest.at(said.record.stamp), votes.at(said.record.stamp)
            state = PanelState(
                now.get('status'), now.get('report'), now.get('chunk'), tuple(said_votes.values())
            )
            path = chunk_path(state.chunk, self._base_from_tcp)
            elapsed = said.record.stamp - self.zero
            yield OverlayFrame(said.record, wrist, camera_from_base, scene, state, path, elapsed)

    def marks(self) -> tuple[Mark, ...]:
        """The time line of a video."""
        return tuple(Mark(*span) for span in self.decisions())

    @property
    def length(self) -> float:
        """s, from the instruction to the last record."""
        return self.end - self.zero

    def _records(self, topic: str) -> list:
        return [said.record for said in self.recording.of(topic)]

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
    """The newest record of some streams (of every voter for votes) as time goes on."""

    def __init__(self, recording: Recording, streams: tuple[str, ...]) -> None:
        said = [item for stream in streams for item in recording.of(stream)]
        self._said = deque(sorted(said, key=lambda item: item.at))
        self._now: dict[str, Any] = {}

    def at(self, time: float) -> dict[str, Any]:
        """By stream or voter, what was newest at a ROS time; time never goes back."""
        while self._said and self._said[0].at <= time:
            said = self._said.popleft()
            self._now[getattr(said.record, 'voter', said.stream)] = said.record
        return self._now


def story_of(recording: Recording) -> Story:
    """Return the story of a recording."""
    statuses = recording.of('status')
    return Story(recording, recording.robot, statuses[0].at, recording.end)


def chunk_path(chunk: object, base_from_tcp) -> np.ndarray:
    """Where a chunk leads the tool, (k, 3) m base_link; empty for spaces without a tool pose."""
    if not isinstance(chunk, ActionChunk) or chunk.space not in (Space.EE_DELTA, Space.EE_POSE):
        return np.zeros((0, 3))
    rows = chunk.values[:, [chunk.names.index(k) for k in 'xyz']]
    if chunk.space == Space.EE_DELTA:
        rows = rows + base_from_tcp(chunk.stamp)[:3, 3]
    return rows


def is_motion(phase: Phase) -> bool:
    return phase in (Phase.RUNNING, Phase.HOMING, Phase.RETREAT)


def _stamp(record) -> float:
    return float(record.stamp)
