"""Assignment of target and destination to tracks; fixed from when both are found to the end."""

from __future__ import annotations

from functools import partial

from vla_core.language.instruction import NO_EXCLUSIONS, Exclusions
from vla_core.records.scene import ParsedTask, Phrase, Role, TargetStatus, Verb
from vla_perception.grounding.phrase_matching import (
    Match,
    Rules,
    destination_shapes,
    find,
    target_shapes,
)
from vla_perception.params import GrounderParams
from vla_perception.tracking.track import Track

_NONE = Match(TargetStatus.UNKNOWN)


class RoleKeeper:
    """Matches the task's phrases to tracks; locks them by id when both are present."""

    def __init__(self, params: GrounderParams) -> None:
        self._params = params
        self._rules = Rules(params.min_score, params.ambiguous_margin)
        self.start(ParsedTask())

    def start(self, task: ParsedTask, excluded: Exclusions = NO_EXCLUSIONS) -> None:
        """Start a new task; `excluded` is what its objects must not be."""
        self._task, self._excluded = task, excluded
        self._target = self._destination = _NONE
        self._is_locked = False
        self._misses = 0  # consecutive frames without target or destination

    def update(self, tracks: list[Track], is_usable: bool) -> tuple[TargetStatus, str]:
        """Return the status after one frame; `is_usable` False for a frame without detections."""
        shapes = target_shapes(self._task.verb)
        if not self._task.target.text:
            return TargetStatus.UNKNOWN, ''
        if self._is_locked and self._still_there(tracks):
            return TargetStatus.PRESENT, ''
        if not is_usable:
            return TargetStatus.UNKNOWN, 'the image cannot be used'
        self._is_locked = False
        self._target = find(self._task.target, tracks, shapes, self._rules, self._excluded.target)
        self._destination = self._find_destination(tracks)
        return self._judge()

    def misses_target(self, tracks: list[Track]) -> bool:
        """True when consecutive frames show the target's place empty and it is not yet dropped."""
        most = self._params.absent_after
        return any(track.id == self._target.id and track.missing >= most for track in tracks)

    def role(self, track: Track) -> tuple[Role, float]:
        """Return the role of a track and its score."""
        if track.id == self._target.id:
            return Role.TARGET, self._target.score
        if track.id == self._destination.id:
            return Role.DESTINATION, self._destination.score
        is_drawer = track.shape in ('housing', 'front')
        if is_drawer and self._task.verb in (Verb.OPEN, Verb.CLOSE):
            return Role.DESTINATION, 0.0  # the gripper works close to it and may touch it
        return Role.OBSTACLE, 0.0

    def _find_destination(self, tracks: list[Track]) -> Match:
        shapes = destination_shapes(self._task.verb)
        phrase: Phrase = self._task.destination
        if not shapes:
            return Match(TargetStatus.PRESENT)
        match = partial(
            find,
            phrase,
            tracks,
            rules=self._rules,
            excluded=self._excluded.destination,
            taken=self._target.id,
        )
        found = match(shapes)
        if found.status == TargetStatus.ABSENT and self._task.verb == Verb.STACK:
            for shape in ('box', 'ball'):
                if match((shape,)).status == TargetStatus.PRESENT:
                    reason = f"an object cannot be stacked on a {shape} ('{phrase.text}')"
                    return Match(TargetStatus.ABSENT, reason=reason)
        return found

    def _judge(self) -> tuple[TargetStatus, str]:
        worst = next(
            (m for m in (self._target, self._destination) if m.status != TargetStatus.PRESENT),
            None,
        )
        if worst is None:
            self._is_locked, self._misses = True, 0
            return TargetStatus.PRESENT, ''
        self._misses += 1
        if self._misses < self._params.absent_after:
            return TargetStatus.UNKNOWN, 'not found in this frame, checking the next one'
        return worst.status, worst.reason

    def _still_there(self, tracks: list[Track]) -> bool:
        ids = {track.id for track in tracks}
        needed = {match.id for match in (self._target, self._destination) if match.id >= 0}
        return needed <= ids
