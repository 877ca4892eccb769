"""What the stack would act on for one sentence: supervisor, parser and grounding, no rendering."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_bench.words.sentences import LabelledObject, LabelledSentence, WordsAction
from vla_core.language.instruction import as_read, parse
from vla_core.language.stop_request import is_stop_request
from vla_core.records.scene import Role, TargetStatus
from vla_perception.grounding.roles import RoleKeeper
from vla_perception.params import GrounderParams
from vla_perception.tracking.track import Track


@dataclass(frozen=True)
class WordsOutcome:
    """The action of the stack, or its refusal."""

    labelled: LabelledSentence
    action: WordsAction | None
    reason: str = ''  # of a refusal

    @property
    def is_wrong(self) -> bool:
        """True for an action that the sentence does not permit."""
        return self.action is not None and self.action not in self.labelled.allowed

    @property
    def is_done(self) -> bool:
        return self.action is not None and self.action in self.labelled.allowed


def decide(labelled: LabelledSentence) -> WordsOutcome:
    """Return what the stack does with the sentence as it is."""
    if is_stop_request(labelled.sentence):
        return WordsOutcome(labelled, None, 'stands still')
    return decide_text(labelled, as_read(labelled.sentence))


def decide_text(labelled: LabelledSentence, text: str) -> WordsOutcome:
    """Return what parser and grounding make of a text in the scene of `labelled`."""
    parsed = parse(text)
    if parsed.reason:
        return WordsOutcome(labelled, None, parsed.reason)
    params = GrounderParams()
    roles = RoleKeeper(params)
    roles.start(parsed.task, parsed.excluded)
    tracks = [_track(k, found) for k, found in enumerate(labelled.scene)]
    for _ in range(params.absent_after):
        status, reason = roles.update(tracks, is_usable=True)
    if status != TargetStatus.PRESENT:
        return WordsOutcome(labelled, None, reason)
    by_role = {roles.role(track)[0]: labelled.scene[track.id] for track in tracks}
    destination = by_role.get(Role.DESTINATION)
    other = destination.label if destination else parsed.task.side
    action = WordsAction(parsed.task.verb.value, by_role[Role.TARGET], other)
    return WordsOutcome(labelled, action)


def refuse(labelled: LabelledSentence) -> WordsOutcome:
    """Control: a stack that never acts."""
    return WordsOutcome(labelled, None, 'refuses everything')


def _track(number: int, found: LabelledObject) -> Track:
    """Return a track that perception is sure of."""
    colour, _, shape = found.label.rpartition(' ')
    track = Track(number, np.zeros(3), 0.0, np.full(3, found.size), (0.0, 0.0, 1.0, 1.0))
    track.shapes[shape] = track.colours[colour] = 5
    return track
