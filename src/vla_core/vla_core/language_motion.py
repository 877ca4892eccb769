"""Language motions: phrases for a motion, generated from actions and parsed.

After RT-H (Belkhale et al. 2024, arXiv 2403.01823, section III): sign and axis of each dimension
of the action, those below a threshold left out, the rest joined by decreasing size. Directions are
those of the base frame: forward is +x, left is +y, up is +z; counterclockwise is seen from above.
"""

from __future__ import annotations

import difflib
import itertools
from dataclasses import dataclass

import numpy as np

from vla_core.frozen import Array
from vla_core.params import check, param

STAY = 'stay'
JOIN = ' and '
# column of a chunk: (verb, negative direction, positive direction)
PHRASES = {
    'x': ('move arm', 'back', 'forward'),
    'y': ('move arm', 'right', 'left'),
    'z': ('move arm', 'down', 'up'),
    'rx': ('roll arm', 'left', 'right'),
    'ry': ('pitch arm', 'up', 'down'),
    'rz': ('turn arm', 'clockwise', 'counterclockwise'),
    'vx': ('move base', 'back', 'forward'),
    'vy': ('move base', 'right', 'left'),
    'wz': ('turn base', 'clockwise', 'counterclockwise'),
    'gripper': ('gripper', 'close', 'open'),
}
SYNONYMS = {
    'backward': 'back', 'backwards': 'back', 'forwards': 'forward', 'ahead': 'forward',
    'upward': 'up', 'upwards': 'up', 'downward': 'down', 'downwards': 'down', 'anticlockwise':
    'counterclockwise', 'rotate': 'turn', 'wait': 'stay', 'hand': 'arm', 'tool': 'arm',
}  # fmt: skip
FILLERS = {'the', 'to', 'a', 'bit', 'little', 'please', 'further', 'your'}


@dataclass(frozen=True)
class LanguageMotionParams:
    """Thresholds: a smaller change over the length of a chunk is not described."""

    move: float = param(0.02, 'm, of the tool or base', lo=1e-4, hi=1.0)
    turn: float = param(0.15, 'rad, of the tool or base', lo=1e-3, hi=3.0)
    grip: float = param(0.01, 'm, of the opening', lo=1e-4, hi=0.1)
    dominance: float = param(0.35, 'of the largest in its group, left out below it', lo=0, hi=1)

    def __post_init__(self) -> None:
        check(self)

    def threshold(self, column: str) -> float:
        """Smallest change of a column that is described, m or rad."""
        if column == 'gripper':
            return self.grip
        return self.turn if group_of(column).startswith('turn') else self.move


@dataclass(frozen=True)
class LanguageMotion:
    """Signs by column, e.g. {'y': 1, 'gripper': -1}; empty means stay."""

    signs: dict[str, int]

    def direction(self, columns: tuple[str, ...]) -> Array:
        """(len(columns),) unit vector; zeros when none of the columns moves."""
        vector = np.array([float(self.signs.get(column, 0)) for column in columns])
        length = float(np.linalg.norm(vector))
        return vector / length if length > 0.0 else vector


def group_of(column: str) -> str:
    """The group of columns that are compared in size: 'move arm', 'turn arm', 'gripper', ..."""
    return PHRASES[column][0].replace('roll', 'turn').replace('pitch', 'turn')


def describe_motion(
    values: Array, names: tuple[str, ...], params: LanguageMotionParams | None = None
) -> str:
    """Phrase for rows (h, len(names)), such as 'move arm down and left and close gripper'."""
    p = params or LanguageMotionParams()
    known = [name for name in names if name in PHRASES]
    change = values[-1] - values[0]
    size = {name: float(change[names.index(name)]) / p.threshold(name) for name in known}
    kept = _dominant({name: v for name, v in size.items() if abs(v) > 1.0}, p.dominance)
    return render({name: int(np.sign(size[name])) for name in kept})


def _dominant(size: dict[str, float], share: float) -> list[str]:
    """Columns by decreasing size, without those small relative to the largest in their group."""
    most: dict[str, float] = {}
    for name, value in size.items():
        most[group_of(name)] = max(most.get(group_of(name), 0.0), abs(value))
    kept = [name for name, value in size.items() if abs(value) >= share * most[group_of(name)]]
    return sorted(kept, key=lambda name: -abs(size[name]))


def render(signs: dict[str, int]) -> str:
    """Phrase for signs by column, in their order; directions of one verb are joined."""
    phrases: dict[str, list[str]] = {}
    for column, sign in signs.items():
        verb, less, more = PHRASES[column]
        phrases.setdefault(verb, []).append(more if sign > 0 else less)
    return JOIN.join(_phrase(verb, words) for verb, words in phrases.items()) or STAY


def _phrase(verb: str, words: list[str]) -> str:
    return f'{words[0]} {verb}' if verb == 'gripper' else f'{verb} {JOIN.join(words)}'


def parse_motion(text: str) -> LanguageMotion:
    """The motion of a phrase; ValueError names the three nearest known phrases."""
    words = [SYNONYMS.get(w, w) for w in text.lower().replace(',', ' and ').split()]
    words = [w for w in words if w not in FILLERS]
    if words == [STAY]:
        return LanguageMotion({})
    signs: dict[str, int] = {}
    for part in ' '.join(words).split(' and '):
        _parse_part(part.split(), signs, text)
    if not signs:
        raise _unknown(text)
    return LanguageMotion(signs)


def _parse_part(words: list[str], signs: dict[str, int], text: str) -> None:
    """Add the signs of one part; a part without a verb takes the verb of the part before."""
    if len(words) == 2 and words[1] == 'gripper':
        verb, directions = 'gripper', words[:1]
    elif len(words) >= 3 and ' '.join(words[:2]) in VERBS:
        verb, directions = ' '.join(words[:2]), words[2:]
    else:
        last = PHRASES[next(reversed(signs))][0] if signs else ''
        verb, directions = last, words
    for word in directions:
        found = [c for c, (v, less, more) in PHRASES.items() if v == verb and word in (less, more)]
        if not found or found[0] in signs:
            raise _unknown(text)
        signs[found[0]] = 1 if word == PHRASES[found[0]][2] else -1


def _unknown(text: str) -> ValueError:
    near = ', '.join(repr(phrase) for phrase in nearest(text))
    return ValueError(f'no motion {text!r}; nearest: {near}')


def nearest(text: str, count: int = 3) -> list[str]:
    """The known phrases most similar to `text`."""
    return difflib.get_close_matches(text.lower(), VOCABULARY, count, 0.0)


def _vocabulary() -> tuple[str, ...]:
    """Every phrase with one or two dimensions of one verb, and stay."""
    single = [render({column: sign}) for column in PHRASES for sign in (-1, 1)]
    pairs = [
        render({a: s, b: t})
        for a, b in itertools.permutations(PHRASES, 2)
        if PHRASES[a][0] == PHRASES[b][0]
        for s in (-1, 1)
        for t in (-1, 1)
    ]
    return (STAY, *single, *pairs)


VERBS = {verb for verb, _, _ in PHRASES.values()}
VOCABULARY = _vocabulary()
