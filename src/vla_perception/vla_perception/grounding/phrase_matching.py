"""Matching of a phrase to tracks: present, absent or ambiguous, with the reason."""

from __future__ import annotations

from dataclasses import dataclass

from vla_core.records.scene import Phrase, TargetStatus, Verb
from vla_perception.tracking.track import Track

_MOVABLE = ('cube', 'cylinder', 'ball')


@dataclass(frozen=True)
class Match:
    """The track that a phrase refers to."""

    status: TargetStatus
    id: int = -1
    score: float = 0.0  # [0, 1]
    reason: str = ''  # empty when PRESENT


@dataclass(frozen=True)
class Rules:
    """Thresholds of a match."""

    min_score: float
    ambiguous_margin: float


def find(phrase: Phrase, tracks: list[Track], allowed: tuple[str, ...], rules: Rules) -> Match:
    """Return the match of a phrase among the tracks whose shape is in `allowed`."""
    candidates = [track for track in tracks if track.shape in allowed]
    scored = sorted(
        ((score(phrase, track, candidates), track) for track in candidates),
        key=lambda pair: -pair[0],
    )
    scored = [pair for pair in scored if pair[0] >= rules.min_score]
    if not scored:
        reason = f'no {name_of(phrase)} detected; {inventory(tracks)}'
        return Match(TargetStatus.ABSENT, reason=reason)
    best, winner = scored[0]
    rivals = [track for value, track in scored if best - value <= rules.ambiguous_margin]
    if len(rivals) > 1:
        labels = ', '.join(sorted(track.label for track in rivals))
        text = f"'{name_of(phrase)}' matches {len(rivals)} objects: {labels}"
        return Match(TargetStatus.AMBIGUOUS, reason=text)
    return Match(TargetStatus.PRESENT, winner.id, best)


def score(phrase: Phrase, track: Track, candidates: list[Track]) -> float:
    """Return how well the object matches the phrase, [0, 1]; every given attribute must match."""
    value = 1.0
    if phrase.colour:
        value *= track.colour_share(phrase.colour)
    if phrase.shape:
        value *= track.shape_share(phrase.shape)
    if phrase.size:
        value *= _size_share(phrase, track, candidates)
    return value


def _size_share(phrase: Phrase, track: Track, candidates: list[Track]) -> float:
    """Size is relative to the candidates that match the other attributes."""
    same = [
        other
        for other in candidates
        if (not phrase.colour or other.colour == phrase.colour)
        and (not phrase.shape or other.shape == phrase.shape)
    ]
    volumes = sorted(float(other.size.prod()) for other in same)
    if len(volumes) < 2:
        return 1.0
    reference = volumes[0] if phrase.size == 'small' else volumes[-1]
    return 1.0 if abs(float(track.size.prod()) - reference) <= 0.15 * reference else 0.3


def target_shapes(verb: Verb) -> tuple[str, ...]:
    """Return the shapes that a skill can act on."""
    if verb == Verb.PRESS:
        return ('button',)
    if verb in (Verb.OPEN, Verb.CLOSE):
        return ('drawer',)
    return (*_MOVABLE, 'box') if verb in (Verb.PUSH, Verb.STACK) else _MOVABLE


def destination_shapes(verb: Verb) -> tuple[str, ...]:
    """Return the shapes that can be a skill's destination; none when it needs no destination."""
    if verb == Verb.PUT_IN:
        return ('box', 'drawer')
    return (*_MOVABLE, 'box') if verb == Verb.STACK else ()


def name_of(phrase: Phrase) -> str:
    """Return the phrase without its article."""
    words = [phrase.size, phrase.colour, phrase.shape or 'object']
    return ' '.join(word for word in words if word)


def inventory(tracks: list[Track]) -> str:
    """Return 'detected: a red cube, a blue box'."""
    labels = sorted(track.label for track in tracks if track.shape not in ('housing', 'front'))
    if not labels:
        return 'no object detected on the table'
    return 'detected: ' + ', '.join(
        f'{"an" if label[0] in "aeiou" else "a"} {label}' for label in labels
    )
