"""RGB-D frames and an instruction to a GroundedScene and a vote; uses images, joints and URDF."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from vla_core.language.instruction import NO_EXCLUSIONS, Parsed, parse
from vla_core.records.safety import SafetyVote
from vla_core.records.scene import (
    GroundedObject,
    GroundedScene,
    ParsedTask,
    TargetStatus,
    Verb,
)
from vla_core.records.sensing import JointState, RgbdFrame
from vla_core.records.task import Phase
from vla_core.robot.config import RobotConfig
from vla_perception.camera.preprocessing import FramePreprocessor
from vla_perception.camera.robot_mask import RobotBody
from vla_perception.detection.clusters import ClusterDetector
from vla_perception.detection.open_vocabulary import OpenVocabularyDetector
from vla_perception.detection.protocol import ObjectDetector
from vla_perception.grounding.roles import RoleKeeper
from vla_perception.grounding.vote import GroundingVote
from vla_perception.params import GEOMETRIC, OPEN_VOCABULARY, GrounderParams
from vla_perception.tracking.held_object import HeldObject
from vla_perception.tracking.track import Track
from vla_perception.tracking.tracker import Tracker

DETECTORS: dict[str, Callable[[GrounderParams], ObjectDetector]] = {
    GEOMETRIC: ClusterDetector,
    OPEN_VOCABULARY: OpenVocabularyDetector,
}
_HANDLE_REACH = 0.16  # m; a handle closer to the TCP may be hidden and moved by the gripper
CLOCK_RESET = 1.0  # s; an image this much older than the last means that the clock was set back
_MOVING = (Phase.GROUNDING, Phase.RUNNING)


@dataclass(frozen=True)
class _Health:
    stamp: float = -np.inf  # s, of the last frame
    trouble: str = 'no image received yet'


class Grounder:
    """Perception of one fixed camera: objects, roles of the instruction, and a safety vote."""

    def __init__(
        self,
        params: GrounderParams,
        robot: RobotConfig,
        detector: ObjectDetector | None = None,
    ) -> None:
        self.params = params
        self._body = RobotBody(robot)
        self._preprocessor = FramePreprocessor(params, robot.camera(params.camera), self._body)
        self._detector = detector or DETECTORS[params.detector](params)
        self._tracker = Tracker(params)
        self._grip = HeldObject(robot.gripper)
        self._roles = RoleKeeper(params)
        self._health = _Health()
        self._phase = Phase.IDLE
        self._task_id = ''
        self._task = ParsedTask()
        self._excluded = NO_EXCLUSIONS
        self._parse_failure = ''  # why the instruction was not parsed
        self._vote_seq = 0
        self.scene: GroundedScene | None = None  # the last one

    def set_task(self, task_id: str, instruction: str) -> ParsedTask:
        """Parse the instruction and start matching it; an empty id ends the task."""
        parsed = parse(instruction) if task_id else Parsed()
        self._task_id = task_id
        self._task, self._excluded = parsed.task, parsed.excluded
        self._parse_failure = parsed.reason
        self._roles.start(self._task, self._excluded)
        self.scene = None
        return self._task

    def set_phase(self, phase: Phase) -> None:
        """Set the task phase: a missing target holds the robot only while a task runs."""
        self._phase = phase

    def clear(self) -> None:
        """Drop all tracks: a new episode starts, or the clock jumped back."""
        self._tracker.clear()
        self._grip.release()
        self._roles.start(self._task, self._excluded)
        self._health = _Health()
        self.scene = None

    def update(self, frame: RgbdFrame, joints: JointState, now: float) -> GroundedScene:
        """Return the scene of this frame; the last one for an image that is older or repeated."""
        if frame.stamp < self._health.stamp - CLOCK_RESET:
            self.clear()
        if self.scene is not None and frame.stamp <= self._health.stamp:
            return self.scene  # the joints are newer than the image: the robot mask would be wrong
        pose = self._body.pose(joints)
        prepared, valid, trouble = self._preprocessor.preprocess(frame, pose)
        self._health = _Health(frame.stamp, trouble)
        if trouble:
            for track in self._tracker.tracks:
                track.is_visible = False
        else:
            self._grip.carry(self._tracker.tracks, pose)
            self._tracker.settle()
            self._keep_hidden_handle(pose.base_from_tcp[:3, 3])
            prepared = replace(prepared, known=self._tracker.known)
            self._tracker.update(self._detector.detect(prepared, self._task), prepared)
            self._grip.judge(self._tracker.tracks, pose)
        tracks = self._tracker.confirmed
        status, reason = self._roles.update(tracks, is_usable=not trouble)
        if self._task_id and self._task.verb == Verb.UNKNOWN:
            status, reason = TargetStatus.UNKNOWN, self._parse_failure
        self.scene = GroundedScene(
            stamp=frame.stamp,
            task_id=self._task_id,
            task=self._task,
            objects=tuple(self._object(track) for track in tracks),
            target_status=status,
            reason=trouble or reason,
            trouble=trouble,
            valid_depth=valid,
        )
        return self.scene

    def _keep_hidden_handle(self, tcp: np.ndarray) -> None:
        """Keep the track of a handle that the gripper hides and moves."""
        for track in self._tracker.tracks:
            if track.shape == 'drawer' and np.linalg.norm(track.position - tcp) <= _HANDLE_REACH:
                track.missing = 0

    def grounding_vote(self) -> GroundingVote:
        """Return the vote of the last image, without its time."""
        return GroundingVote(
            self._health.stamp,
            self._health.trouble,
            self._hold_reason(),
            self._task_id,
            self._phase,
        )

    def vote(self, now: float) -> SafetyVote:
        """Return RUN when sensing is healthy and a running task's target is there; else HOLD."""
        self._vote_seq += 1
        return self.grounding_vote().vote(now, self._vote_seq, self.params)

    def _hold_reason(self) -> str:
        if self._phase not in _MOVING or not self._task_id:
            return ''
        if self.scene is None:
            return 'no image received since the task started'
        if self.scene.target_status != TargetStatus.PRESENT:
            return self.scene.reason or self.scene.target_status.name
        if self._roles.misses_target(self._tracker.tracks):
            return 'the target is no longer at its last known position'
        return ''

    def _object(self, track: Track) -> GroundedObject:
        role, score = self._roles.role(track)
        return GroundedObject(
            id=track.id,
            label=track.label,
            colour=track.colour,
            shape=track.shape,
            role=role,
            score=score,
            position=track.position,
            yaw=track.yaw,
            size=track.size,
            sigma=track.sigma,
            box=track.box,
            is_visible=track.is_visible,
            is_held=track.is_held,
        )


def with_latency(scene: GroundedScene, latency: float) -> GroundedScene:
    """Return the scene with its processing time in s, which only the host can measure."""
    return replace(scene, latency=latency)
