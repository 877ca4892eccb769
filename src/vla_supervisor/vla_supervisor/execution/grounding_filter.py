"""Filters a stream of grounded scenes into one result: the target is found, or refused."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from vla_core.params import check, param
from vla_core.records.scene import GroundedScene, TargetStatus, Verb
from vla_core.records.task import ResultCode


class GroundingDecision(Enum):
    """Whether the target is grounded."""

    OPEN = 'open'  # not enough scenes yet
    FOUND = 'found'
    REFUSED = 'refused'


@dataclass(frozen=True)
class GroundingFilterParams:
    """How many consistent scenes are required."""

    present_scenes: int = param(3, 'scenes in a row with the target PRESENT', lo=1, hi=100)
    refuse_after: float = param(1.5, 's in a row without it before refusing', lo=0.1, hi=30.0)
    timeout: float = param(8.0, 's, after which it is decided in any case', lo=0.5, hi=120.0)

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class GroundingResult:
    """A decision; when it is REFUSED also the result code and the text for a person."""

    decision: GroundingDecision
    code: ResultCode = ResultCode.SUCCEEDED
    text: str = ''


OPEN = GroundingResult(GroundingDecision.OPEN)


class GroundingFilter:
    """Counts consistent scenes since `begin`."""

    def __init__(self, params: GroundingFilterParams) -> None:
        self.params = params
        self.begin('', 0.0)

    def begin(self, task_id: str, now: float) -> None:
        """Start over for the target of `task_id`."""
        self._task_id, self._began = task_id, now
        self._last: GroundedScene | None = None
        self._first = 0.0  # s, stamp of the first scene in a row with this status
        self._count = 0

    def on_clock_jump(self, step: float) -> None:
        """Count scenes afresh when ROS time jumps by `step` s."""
        self.begin(self._task_id, self._began + step)

    def on_scene(self, scene: GroundedScene) -> None:
        """Count a scene, unless it is of another task or from before `begin`."""
        if scene.task_id != self._task_id or not scene.stamp >= self._began:
            return
        if self._last is None or scene.target_status != self._last.target_status:
            self._first, self._count = scene.stamp, 0
        self._last = scene
        self._count += 1

    def result(self, now: float) -> GroundingResult:
        """Return the decision on the scenes so far."""
        scene = self._last
        if scene is not None:
            if scene.target_status == TargetStatus.PRESENT:
                if self._count >= self.params.present_scenes:
                    return GroundingResult(GroundingDecision.FOUND)
            elif scene.stamp - self._first >= self.params.refuse_after:
                return _refusal(scene)
        if now - self._began < self.params.timeout:
            return OPEN
        if scene is None:
            text = 'no scene from perception: is a camera running?'
            return _refused(ResultCode.NOT_READY, text)
        if scene.target_status == TargetStatus.PRESENT:
            text = f'{_target(scene)} is detected only intermittently'
            return _refused(ResultCode.REFUSED_ABSENT, text)
        return _refusal(scene)


def _refused(code: ResultCode, text: str) -> GroundingResult:
    return GroundingResult(GroundingDecision.REFUSED, code, text)


def _target(scene: GroundedScene) -> str:
    return scene.task.target.text or 'the target'


def _refusal(scene: GroundedScene) -> GroundingResult:
    """Return why the instruction cannot be carried out: perception's own reason if it has one."""
    if scene.task.verb == Verb.UNKNOWN:
        text = scene.reason or 'the instruction is not understood'
        return _refused(ResultCode.REFUSED_INSTRUCTION, text)
    if scene.target_status == TargetStatus.AMBIGUOUS:
        text = scene.reason or f'more than one object matches "{_target(scene)}": specify which'
        return _refused(ResultCode.REFUSED_AMBIGUOUS, text)
    return _refused(ResultCode.REFUSED_ABSENT, scene.reason or f'{_target(scene)} is not detected')
