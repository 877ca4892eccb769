"""Language motions: a motion in words, generated from actions and read back.

After RT-H (Belkhale et al. 2024, arXiv 2403.01823, section III): sign and axis of each dimension
of the action, those below a cut-off left out, the rest joined by decreasing size. Words are meant
in base_link: forward is +x, left is +y, up is +z; counterclockwise is seen from above.
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
# column of a chunk: (verb, word for less, word for more)
WORDS = {
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
SAME = {
    'backward': 'back', 'backwards': 'back', 'forwards': 'forward', 'ahead': 'forward',
    'upward': 'up', 'upwards': 'up', 'downward': 'down', 'downwards': 'down', 'anticlockwise':
    'counterclockwise', 'rotate': 'turn', 'wait': 'stay', 'hand': 'arm', 'tool': 'arm',
}  # fmt: skip
FILLERS = {'the', 'to', 'a', 'bit', 'little', 'please', 'further', 'your'}


@dataclass(frozen=True)
class LanguageMotionParams:
    """Cut-offs: what is smaller over the length of a chunk is not said."""

    move: float = param(0.02, 'm, of the tool or base', lo=1e-4, hi=1.0)
    turn: float = param(0.15, 'rad, of the tool or base', lo=1e-3, hi=3.0)
    grip: float = param(0.01, 'm, of the opening', lo=1e-4, hi=0.1)
    dominance: float = param(0.35, 'of the largest of its kind, below it is not said', lo=0, hi=1)

    def __post_init__(self) -> None:
        check(self)

    def cut_off(self, column: str) -> float:
        """m or rad."""
        if column == 'gripper':
            return self.grip
        return self.turn if kind(column).startswith('turn') else self.move


@dataclass(frozen=True)
class LanguageMotion:
    """Signs by column, e.g. {'y': 1, 'gripper': -1}; nothing in it means stay."""

    signs: dict[str, int]

    def direction(self, columns: tuple[str, ...]) -> Array:
        """(len(columns),) of unit length; zeros when none of them moves."""
        vector = np.array([float(self.signs.get(column, 0)) for column in columns])
        length = float(np.linalg.norm(vector))
        return vector / length if length > 0.0 else vector


def kind(column: str) -> str:
    """What of a column is compared with what: 'move arm', 'turn arm', 'gripper', ..."""
    return WORDS[column][0].replace('roll', 'turn').replace('pitch', 'turn')


def describe_motion(
    values: Array, names: tuple[str, ...], params: LanguageMotionParams | None = None
) -> str:
    """Return rows (h, len(names)) in words, as in 'move arm down and left and close gripper'."""
    p = params or LanguageMotionParams()
    said = [name for name in names if name in WORDS]
    change = values[-1] - values[0]
    size = {name: float(change[names.index(name)]) / p.cut_off(name) for name in said}
    kept = _dominant({name: v for name, v in size.items() if abs(v) > 1.0}, p.dominance)
    return render({name: int(np.sign(size[name])) for name in kept})


def _dominant(size: dict[str, float], share: float) -> list[str]:
    """Columns by decreasing size, without those that are small beside another of their kind."""
    most: dict[str, float] = {}
    for name, value in size.items():
        most[kind(name)] = max(most.get(kind(name), 0.0), abs(value))
    kept = [name for name, value in size.items() if abs(value) >= share * most[kind(name)]]
    return sorted(kept, key=lambda name: -abs(size[name]))


def render(signs: dict[str, int]) -> str:
    """Return the phrase of signs by column, in their order; words of one verb come together."""
    phrases: dict[str, list[str]] = {}
    for column, sign in signs.items():
        verb, less, more = WORDS[column]
        phrases.setdefault(verb, []).append(more if sign > 0 else less)
    return JOIN.join(_phrase(verb, words) for verb, words in phrases.items()) or STAY


def _phrase(verb: str, words: list[str]) -> str:
    return f'{words[0]} {verb}' if verb == 'gripper' else f'{verb} {JOIN.join(words)}'


def parse_motion(text: str) -> LanguageMotion:
    """Return the motion of a phrase; ValueError names the three nearest that are known."""
    words = [SAME.get(w, w) for w in text.lower().replace(',', ' and ').split()]
    words = [w for w in words if w not in FILLERS]
    if words == [STAY]:
        return LanguageMotion({})
    signs: dict[str, int] = {}
    for part in ' '.join(words).split(' and '):
        _read_part(part.split(), signs, text)
    if not signs:
        raise _unknown(text)
    return LanguageMotion(signs)


def _read_part(words: list[str], signs: dict[str, int], text: str) -> None:
    """Add what one part says; a part without a verb goes on with the verb of the one before."""
    if len(words) == 2 and words[1] == 'gripper':
        verb, said = 'gripper', words[:1]
    elif len(words) >= 3 and ' '.join(words[:2]) in VERBS:
        verb, said = ' '.join(words[:2]), words[2:]
    else:
        last = WORDS[next(reversed(signs))][0] if signs else ''
        verb, said = last, words
    for word in said:
        found = [c for c, (v, less, more) in WORDS.items() if v == verb and word in (less, more)]
        if not found or found[0] in signs:
            raise _unknown(text)
        signs[found[0]] = 1 if word == WORDS[found[0]][2] else -1


def _unknown(text: str) -> ValueError:
    near = ', '.join(repr(phrase) for phrase in nearest(text))
    return ValueError(f'no motion {text!r}; nearest: {near}')


def nearest(text: str, count: int = 3) -> list[str]:
    """Return the known phrases most like `text`."""
    return difflib.get_close_matches(text.lower(), VOCABULARY, count, 0.0)


def _vocabulary() -> tuple[str, ...]:
    """Every phrase with one or two dimensions of one verb, and stay."""
    single = [render({column: sign}) for column in WORDS for sign in (-1, 1)]
    pairs = [
        render({a: s, b: t})
        for a, b in itertools.permutations(WORDS, 2)
        if WORDS[a][0] == WORDS[b][0]
        for s in (-1, 1)
        for t in (-1, 1)
    ]
    return (STAY, *single, *pairs)


VERBS = {verb for verb, _, _ in WORDS.values()}
VOCABULARY = _vocabulary()
