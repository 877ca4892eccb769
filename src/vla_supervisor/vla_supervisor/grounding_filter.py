"""From a stream of scenes to one answer: is what the words name there?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from vla_core.params import check, param
from vla_core.records.scene import GroundedScene, TargetStatus, Verb
from vla_core.records.task import ResultCode


class GroundingDecision(Enum):
    """What the scenes say so far."""

    OPEN = 'open'  # not enough seen yet
    FOUND = 'found'
    REFUSED = 'refused'


@dataclass(frozen=True)
class GroundingFilterParams:
    """How sure is sure."""

    present_scenes: int = param(3, 'scenes in a row with the target PRESENT', lo=1, hi=100)
    refuse_after: float = param(1.5, 's in a row without it before refusing', lo=0.1, hi=30.0)
    timeout: float = param(8.0, 's of looking, whatever is seen', lo=0.5, hi=120.0)

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class GroundingResult:
    """A finding, and when it is REFUSED the code and the words for a person."""

    finding: GroundingDecision
    code: ResultCode = ResultCode.SUCCEEDED
    text: str = ''


OPEN = GroundingResult(GroundingDecision.OPEN)


class GroundingFilter:
    """Counts the scenes of one look."""

    def __init__(self, params: GroundingFilterParams) -> None:
        self.params = params
        self.begin('', 0.0)

    def begin(self, task_id: str, now: float) -> None:
        """Look afresh for the target of `task_id`."""
        self._task_id, self._began = task_id, now
        self._last: GroundedScene | None = None
        self._first = 0.0  # s, stamp of the first scene in a row with this status
        self._count = 0

    def put(self, scene: GroundedScene) -> None:
        """Take a scene in; scenes of another task or from before the look do not count."""
        if scene.task_id != self._task_id or not scene.stamp >= self._began:
            return
        if self._last is None or scene.target_status != self._last.target_status:
            self._first, self._count = scene.stamp, 0
        self._last = scene
        self._count += 1

    def answer(self, now: float) -> GroundingResult:
        """Return what the scenes so far add up to."""
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
            return _refused(ResultCode.NOT_READY, 'perception says nothing: is a camera running?')
        if scene.target_status == TargetStatus.PRESENT:
            return _refused(ResultCode.REFUSED_ABSENT, _unsteady(scene))
        return _refusal(scene)


def _refused(code: ResultCode, text: str) -> GroundingResult:
    return GroundingResult(GroundingDecision.REFUSED, code, text)


def _unsteady(scene: GroundedScene) -> str:
    return f'I see {scene.task.target.text or "it"} only now and then'


def _refusal(scene: GroundedScene) -> GroundingResult:
    """Return why the scene does not do, in words a person understands."""
    if scene.task.verb == Verb.UNKNOWN:
        text = scene.reason or 'I do not understand the instruction'
        return _refused(ResultCode.REFUSED_INSTRUCTION, text)
    what = scene.task.target.text or 'what you name'
    if scene.target_status == TargetStatus.AMBIGUOUS:
        text = scene.reason or f'more than one thing could be {what}: say which'
        return _refused(ResultCode.REFUSED_AMBIGUOUS, text)
    return _refused(ResultCode.REFUSED_ABSENT, scene.reason or f'I do not see {what}')
