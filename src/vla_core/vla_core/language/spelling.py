"""The known word that a misspelled one resembles: proposed to the user, never acted on."""

from __future__ import annotations

from collections.abc import Iterable

_SHORTEST = 3  # letters


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
