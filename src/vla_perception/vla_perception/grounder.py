"""RGB-D frames and words into a GroundedScene and a vote; from images, joints and URDF alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

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
from vla_perception.grounding_vote import GroundingVote
from vla_perception.language.instruction import parse
from vla_perception.language.phrases import WordMatcher
from vla_perception.language.similarity import shared_nearest_word
from vla_perception.params import GEOMETRIC, OPEN_VOCABULARY, GrounderParams
from vla_perception.tracking.held_object import HeldObject
from vla_perception.tracking.roles import RoleKeeper
from vla_perception.tracking.track import Track
from vla_perception.tracking.tracker import Tracker

DETECTORS: dict[str, Callable[[GrounderParams], ObjectDetector]] = {
    GEOMETRIC: ClusterDetector,
    OPEN_VOCABULARY: OpenVocabularyDetector,
}
_HAND = 0.16  # m, a handle nearer to the tool may be hidden and moved by it
_MOVING = (Phase.GROUNDING, Phase.RUNNING)


@dataclass(frozen=True)
class _Health:
    stamp: float = -np.inf  # s, of the last frame
    trouble: str = 'no picture yet'


class Grounder:
    """Perception of one fixed camera: what is where, what the words mean, and whether to go on."""

    def __init__(
        self,
        params: GrounderParams,
        robot: RobotConfig,
        detector: ObjectDetector | None = None,
        matcher: WordMatcher | None = None,
    ) -> None:
        self.params = params
        self._body = RobotBody(robot)
        self._eye = FramePreprocessor(params, robot.camera(params.camera), self._body)
        self._detector = detector or DETECTORS[params.detector](params)
        self._matcher = matcher or shared_nearest_word()
        self._tracker = Tracker(params)
        self._grip = HeldObject(robot.gripper)
        self._roles = RoleKeeper(params)
        self._health = _Health()
        self._phase = Phase.IDLE
        self._task_id = ''
        self._task = ParsedTask()
        self._complaint = ''  # why the words are not understood
        self._vote_seq = 0
        self.scene: GroundedScene | None = None  # the last one

    def set_task(self, task_id: str, instruction: str) -> ParsedTask:
        """Start to look for what the words mean; an empty id ends the task."""
        parsed = parse(instruction, self._matcher) if task_id else None
        self._task_id = task_id
        self._task = parsed.task if parsed else ParsedTask()
        self._complaint = parsed.reason if parsed else ''
        self._roles.start(self._task)
        self.scene = None
        return self._task

    def set_phase(self, phase: Phase) -> None:
        """Tell whether a task runs: only then a missing target holds the robot."""
        self._phase = phase

    def forget(self) -> None:
        """Drop all memory of things: another episode begins, or the clock jumped back."""
        self._tracker.clear()
        self._grip.release()
        self._roles.start(self._task)
        self._health = _Health()
        self.scene = None

    def update(self, frame: RgbdFrame, joints: JointState, now: float) -> GroundedScene:
        """Return the scene of this frame; of a covered or frozen camera the remembered one."""
        if frame.stamp < self._health.stamp:
            self.forget()
        if self.scene is not None and frame.stamp == self._health.stamp:
            return self.scene  # the arm has moved on: with these joints it would show ghosts
        pose = self._body.pose(joints)
        sight, valid, trouble = self._eye.look(frame, pose)
        self._health = _Health(frame.stamp, trouble)
        if trouble:
            for track in self._tracker.tracks:
                track.is_visible = False
        else:
            self._grip.carry(self._tracker.tracks, pose)
            self._tracker.settle()
            self._spare_handle(pose.base_from_tcp[:3, 3])
            sight = replace(sight, known=self._tracker.known)
            self._tracker.update(self._detector.detect(sight, self._task), sight)
            self._grip.judge(self._tracker.tracks, pose)
        tracks = self._tracker.confirmed
        status, reason = self._roles.update(tracks, is_look=not trouble)
        if self._task_id and self._task.verb == Verb.UNKNOWN:
            status, reason = TargetStatus.UNKNOWN, self._complaint
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

    def _spare_handle(self, tcp: np.ndarray) -> None:
        """A handle that the hand hides, and slides, is not gone when it is not where it was."""
        for track in self._tracker.tracks:
            if track.shape == 'drawer' and np.linalg.norm(track.position - tcp) <= _HAND:
                track.missing = 0

    def judgement(self) -> GroundingVote:
        """Return what the last picture says about going on."""
        return GroundingVote(
            self._health.stamp,
            self._health.trouble,
            self._objection(),
            self._task_id,
            self._phase,
        )

    def vote(self, now: float) -> SafetyVote:
        """Return RUN when sensing is healthy and a running task's target is there; else HOLD."""
        self._vote_seq += 1
        return self.judgement().vote(now, self._vote_seq, self.params)

    def _objection(self) -> str:
        if self._phase not in _MOVING or not self._task_id:
            return ''
        if self.scene is None:
            return 'no picture since the task began'
        if self.scene.target_status != TargetStatus.PRESENT:
            return self.scene.reason or self.scene.target_status.name
        if self._roles.misses_target(self._tracker.tracks):
            return 'the target is not where it was'
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
    """Return the scene with the seconds it took, which only the host can measure."""
    return replace(scene, latency=latency)
