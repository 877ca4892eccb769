"""Matching of a phrase to tracks: present, absent or ambiguous, with the reason."""

from __future__ import annotations

from dataclasses import dataclass

from vla_core.records.scene import Phrase, TargetStatus, Verb
from vla_perception.tracking.track import Track

_MOVABLE = ('cube', 'cylinder', 'ball')
_FLAT = ('cube', 'cylinder')  # on which another object can stand
_MAY_BE = 0.1  # score from which on a track may be an excluded object
_ALIKE = 1.15  # ratio of volumes that are not told apart
_UNMET = 0.0  # score of a size that is not met


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


def find(
    phrase: Phrase,
    tracks: list[Track],
    allowed: tuple[str, ...],
    rules: Rules,
    excluded: tuple[Phrase, ...] = (),
    taken: int = -1,
) -> Match:
    """Return the match of a phrase among the tracks whose shape is in `allowed`.

    A track that may be one of `excluded`, or has the id `taken`, is none; sizes are compared with
    it all the same.
    """
    candidates = [track for track in tracks if track.shape in allowed]
    permitted = [
        track
        for track in candidates
        if track.id != taken
        and not any(score(other, track, candidates) >= _MAY_BE for other in excluded)
    ]
    scored = sorted(
        ((score(phrase, track, candidates), track) for track in permitted),
        key=lambda pair: -pair[0],
    )
    scored = [pair for pair in scored if pair[0] >= rules.min_score]
    if not scored:
        reason = f'no {_description(phrase, excluded)} detected; {inventory(tracks)}'
        return Match(TargetStatus.ABSENT, reason=reason)
    best, winner = scored[0]
    rivals = [track for value, track in scored if best - value <= rules.ambiguous_margin]
    if len(rivals) > 1:
        labels = ', '.join(sorted(track.label for track in rivals))
        text = f"'{_description(phrase, excluded)}' matches {len(rivals)} objects: {labels}"
        return Match(TargetStatus.AMBIGUOUS, reason=text)
    return Match(TargetStatus.PRESENT, winner.id, best)


def _description(phrase: Phrase, excluded: tuple[Phrase, ...]) -> str:
    """Return 'cube that is not red'."""
    others = ' or '.join(dict.fromkeys(name_of(other) for other in excluded))
    return f'{name_of(phrase)} that is no {others}' if others else name_of(phrase)


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
    """Return 1 for the smallest or largest of those that match the other attributes.

    Where only one matches, it is compared with all of its shape; a size that nothing can be
    compared with is not met.
    """
    same_shape = [o for o in candidates if o.shape == (phrase.shape or track.shape)]
    same = [o for o in same_shape if not phrase.colour or o.colour == phrase.colour]
    others = [volume(o) for o in (same if len(same) > 1 else same_shape) if o is not track]
    if not others:
        return _UNMET
    if phrase.size == 'small':
        is_met = volume(track) <= _ALIKE * min(others)
    else:
        is_met = _ALIKE * volume(track) >= max(others)
    is_alike = max(volume(track), *others) <= _ALIKE * min(volume(track), *others)
    return 1.0 if is_met and not (is_alike and len(same) == 1) else _UNMET


def volume(track: Track) -> float:
    """Return the volume of the track's box in m^3."""
    return float(track.size.prod())


def target_shapes(verb: Verb) -> tuple[str, ...]:
    """Return the shapes that a skill can act on."""
    if verb == Verb.PRESS:
        return ('button',)
    if verb in (Verb.OPEN, Verb.CLOSE):
        return ('drawer',)
    return (*_MOVABLE, 'box') if verb == Verb.PUSH else _MOVABLE


def destination_shapes(verb: Verb) -> tuple[str, ...]:
    """Return the shapes that can be a skill's destination; none when it needs no destination."""
    if verb == Verb.PUT_IN:
        return ('box', 'drawer')
    return _FLAT if verb == Verb.STACK else ()


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
