"""Misspelled words: slips that are read as the known word, and words that one resembles.

A slip is a swap of two neighbouring letters behind the first one, a doubled letter, or a double
letter written once. It is put right before anything else reads the instruction, unless that leaves
a choice. Any other known word that is close is proposed to the person, never acted on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping

_SHORTEST = 3  # letters
_SHORTEST_SLIP = 4  # letters of the known word: 'no' is a slip of 'on'
_SLIPS = {'teh': 'the', 'hte': 'the'}
# words that say something themselves
_REAL = frozenset((
    'son', 'form', 'god', 'latter', 'booth', 'cartoon', 'dose', 'prefect', 'lest', 'ned', 'gary',
    'greta', 'somme', 'scarlett', 'manny',
))  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")


def without_slips(instruction: str, known: Collection[str], is_task: Callable[[str], bool]) -> str:
    """Return the instruction with its slips put right.

    It stays as it is when it is a task already, when that makes none of it, and when another word
    that is one letter away makes one, too: 'gren cube' may be green or grey.
    """
    if is_task(instruction):
        return instruction
    words = {match.group().casefold() for match in _WORD.finditer(instruction)}
    slips = {word: meant for word in words if (meant := slip_of(word, known))}
    read = _with(instruction, slips)
    if not slips or not is_task(read):
        return instruction
    for word, meant in slips.items():
        close = (other for other in known if other != meant and distance(word, other) == 1)
        if any(is_task(_with(instruction, {**slips, word: other})) for other in close):
            return instruction
    return read


def _with(instruction: str, meant: Mapping[str, str]) -> str:
    """The instruction with other words in place of some."""
    return _WORD.sub(lambda match: meant.get(match.group().casefold(), match.group()), instruction)


def slip_of(word: str, known: Collection[str]) -> str:
    """Return the known word of which this is a slip, '' when there is none, or several."""
    if word in known or word in _REAL or len(word) < _SHORTEST:
        return ''
    cuts = range(len(word) - 1)
    swapped = {f'{word[:k]}{word[k + 1]}{word[k]}{word[k + 2 :]}' for k in cuts if k}
    single = {word[:k] + word[k + 1 :] for k in cuts if word[k] == word[k + 1]}
    doubled = {word[: k + 1] + word[k:] for k in range(len(word))}
    meant = {w for w in swapped | single | doubled if w in known and len(w) >= _SHORTEST_SLIP}
    return meant.pop() if len(meant) == 1 else _SLIPS.get(word, '')


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the most similar known word, '' when none is one or two mistakes away."""
    if len(word) < _SHORTEST:
        return ''
    most = 1 if len(word) < 7 else 2
    scored = [(distance(word, other), other) for other in known if len(other) >= _SHORTEST]
    best, found = min(scored, default=(most + 1, ''))
    return found if best <= most else ''


def distance(a: str, b: str) -> int:
    """Return how many letters are to be added, dropped, changed or swapped with the next."""
    if abs(len(a) - len(b)) > 2:
        return 3
    rows = [list(range(len(b) + 1))]
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            cost = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (x != y))
            if i > 1 and j > 1 and (x, y) == (b[j - 2], a[i - 2]):
                cost = min(cost, rows[-2][j - 2] + 1)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1]
