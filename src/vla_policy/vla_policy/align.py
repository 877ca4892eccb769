"""Joint states, scenes and frames aligned by stamp to one observation with measured skew."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from vla_core.freshness import Latest, is_late, is_set_back
from vla_core.params import check, param
from vla_core.records.action import ActionChunk
from vla_core.records.safety import Level, SafetyVote
from vla_core.records.scene import GroundedScene
from vla_core.records.sensing import JointState, Observation, RgbdFrame
from vla_core.records.task import Phase, TaskStatus
from vla_core.robot.config import RobotConfig
from vla_core.robot.joint_states.merger import JointStateMerger
from vla_core.robot.model import RobotModel

VOTER = 'policy'


@dataclass(frozen=True)
class BundlerParams:
    """Limits on age and skew of the parts of an observation."""

    joints_max_age: float = param(0.1, 's, age of the newest joint state', lo=0.005, hi=2.0)
    scene_max_age: float = param(1.0, 's, age of the newest scene', lo=0.05, hi=10.0)
    frame_max_age: float = param(0.3, 's, age of the newest frame of a camera', lo=0.02, hi=5.0)
    skew_limit: float = param(0.05, 's, newest minus oldest part before SLOW', lo=0.001, hi=1.0)
    slow_scale: float = param(0.4, 'fraction of full speed in a SLOW vote', lo=0.05, hi=1.0)
    history: float = param(2.0, 's of joint states kept', lo=0.1, hi=10.0)
    silence: float = param(1.0, 's without a chunk in a task before HOLD', lo=0.1, hi=5.0)
    vote_ttl: float = param(0.3, 's, time to live of a vote', lo=0.05, hi=1.0)

    def __post_init__(self) -> None:
        check(self)
        if not self.scene_max_age <= self.history:
            raise ValueError('history must be at least scene_max_age')
        if not self.frame_max_age <= self.history:
            raise ValueError('history must be at least frame_max_age')


@dataclass(frozen=True)
class JointSample:
    """Arm and gripper state at one time."""

    stamp: float  # s
    joints: np.ndarray  # (n,) rad
    velocity: np.ndarray  # (n,) rad/s
    gripper: float  # m, opening
    skew: float  # s, from the requested time to the nearest sample used


class Bundler:
    """Keeps histories; `bundle` aligns them to the newest scene, or for a policy that looks to the
    newest frame of its first camera; `vote` reports their health."""

    def __init__(
        self, params: BundlerParams, robot: RobotConfig, cameras: tuple[str, ...] = ()
    ) -> None:
        self.params, self.robot, self.cameras = params, robot, cameras
        self._model = RobotModel(robot)
        self._merger = JointStateMerger(robot)
        self._samples: deque[JointSample] = deque()
        self._scene: Latest[GroundedScene] = Latest()
        self._frames: dict[str, RgbdFrame] = {}
        self._status: TaskStatus | None = None
        self._last_chunk = -np.inf  # s, arrival of the last chunk of this attempt
        self._running_since = np.inf  # s
        self._skew = 0.0
        self._missing = self._reason = ''  # why no observation, why no chunk of it
        self._votes = 0

    def on_joints(self, joints: JointState) -> None:
        """Store a merged joint state; clear the histories when the clock jumped back."""
        merged = self._merger.merge(joints)
        if merged is None:
            return
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
        self._samples.append(JointSample(merged.stamp, q, velocity, opening, 0.0))
        while self._samples[0].stamp < merged.stamp - self.params.history:
            self._samples.popleft()

    def on_scene(self, scene: GroundedScene) -> None:
        """Store the newest scene; scenes with `trouble` are ignored."""
        if not scene.trouble:
            self._scene.put(scene, scene.stamp)

    def on_frame(self, frame: RgbdFrame) -> None:
        """Store the newest frame of its camera, for policies that look. A frame that comes late is
        left out; after a clock that was set back the older ones are."""
        last = self._frames.get(frame.camera)
        if last is not None and is_late(frame.stamp, last.stamp):
            return
        self._frames[frame.camera] = frame

    def on_status(self, status: TaskStatus, now: float) -> None:
        """Store the task status; a new attempt restarts the silence timeout."""
        was = self._status
        is_new = was is None or (was.task_id, was.attempt) != (status.task_id, status.attempt)
        if status.phase != Phase.RUNNING:
            self._running_since = np.inf
        elif is_new or not np.isfinite(self._running_since):
            self._running_since, self._last_chunk = now, -np.inf
        self._status = status

    def on_chunk(self, chunk: ActionChunk, now: float) -> None:
        """Record the arrival of a chunk of the current task."""
        if self._status is not None and chunk.task_id == self._status.task_id:
            self._last_chunk = now

    def on_silence(self, reason: str) -> None:
        """Keep why the last inference gave no chunk; '' when it gave one."""
        self._reason = reason

    def clear(self) -> None:
        """Discard all sensor data (the clock jumped back)."""
        self._samples.clear()
        self._scene.clear()
        self._frames.clear()

    def on_clock_jump(self, now: float) -> None:
        """Discard all sensor data; silence of the policy counts from `now`."""
        self.clear()
        if np.isfinite(self._running_since):
            self._running_since, self._last_chunk = now, -np.inf

    def bundle(self, now: float, status: TaskStatus) -> Observation | None:
        """Return the newest observation of a running task, or None; `vote` gives the reason."""
        self.on_status(status, now)
        if status.phase != Phase.RUNNING:
            return None
        self._missing = self._lacks(now, status.task_id)
        scene = self._scene.value
        if self._missing or scene is None:
            return None
        observation = self._assemble(scene, status)
        self._skew = observation.skew
        return observation

    def vote(self, now: float) -> SafetyVote:
        """Return RUN; SLOW when the skew is too large; HOLD when inputs or policy are silent."""
        level, reason = self.judge(now)
        scale = {Level.RUN: 1.0, Level.SLOW: self.params.slow_scale}.get(level, 0.0)
        self._votes += 1
        task_id = self._status.task_id if self._status else ''
        reasons = (reason,) if reason else ()
        return SafetyVote(
            now, VOTER, self._votes, level, scale, self.params.vote_ttl, task_id, reasons
        )

    def judge(self, now: float) -> tuple[Level, str]:
        """Return what `vote` would say at `now`, and why."""
        status, p = self._status, self.params
        if status is None or status.phase != Phase.RUNNING:
            return Level.RUN, ''
        missing = self._lacks(now, status.task_id)
        if missing:
            return Level.HOLD, missing
        quiet = now - max(self._last_chunk, self._running_since)
        if not quiet <= p.silence:
            why = f': {self._reason}' if self._reason else ''
            return Level.HOLD, f'no chunk for {quiet:.1f} s{why}'
        if not self._skew <= p.skew_limit:
            return Level.SLOW, f'observation skew {self._skew * 1e3:.0f} ms'
        return Level.RUN, ''

    def _lacks(self, now: float, task_id: str) -> str:
        """Return why no observation can be assembled; '' when one can."""
        p = self.params
        newest = self._samples[-1].stamp if self._samples else -np.inf
        if not now - newest <= p.joints_max_age:
            return self._merger.explain('no fresh joint states')
        for camera in self.cameras:
            frame = self._frames.get(camera)
            if frame is None or not now - frame.stamp <= p.frame_max_age:
                return f'no fresh picture of camera {camera}'
        scene = self._scene.fresh(now, p.scene_max_age)
        if scene is None:
            return 'no fresh scene'
        return '' if scene.task_id == task_id else 'the scene belongs to another task'

    def _assemble(self, scene: GroundedScene, status: TaskStatus) -> Observation:
        frames = {camera: self._frames[camera] for camera in self.cameras}
        # a policy that looks does not read the scene, so the scene's age is not its skew
        seen = [frame.stamp for frame in frames.values()] or [scene.stamp]
        sample = self._at(seen[0])
        stamps = [sample.stamp, *seen]
        return Observation(
            stamp=min(stamps),
            task_id=status.task_id,
            instruction=status.instruction,
            scene=scene,
            joints=sample.joints,
            joint_velocity=sample.velocity,
            base_from_tcp=self._model.fk(sample.joints),
            gripper=sample.gripper,
            skew=max(max(stamps) - min(stamps), sample.skew),
            frames=frames,
            tcp_velocity=self._model.jacobian(sample.joints) @ sample.velocity,
        )

    def _at(self, stamp: float) -> JointSample:
        """Return the state at `stamp`, interpolated; outside the history the nearest sample."""
        stamps = [sample.stamp for sample in self._samples]
        after = int(np.searchsorted(stamps, stamp))
        if after == len(stamps) or (after == 0 and stamps[0] > stamp):
            return self._samples[min(after, len(stamps) - 1)]
        b = self._samples[after]
        a = self._samples[max(after - 1, 0)]
        s = (stamp - a.stamp) / (b.stamp - a.stamp) if b.stamp > a.stamp else 1.0
        return JointSample(
            stamp,
            a.joints + s * (b.joints - a.joints),
            a.velocity + s * (b.velocity - a.velocity),
            a.gripper + s * (b.gripper - a.gripper),
            min(stamp - a.stamp, b.stamp - stamp),
        )
