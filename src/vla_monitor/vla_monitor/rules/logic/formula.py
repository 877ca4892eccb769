"""Formulas of linear temporal logic on finite traces (LTLf) over typed predicates, as data.

De Giacomo and Vardi, IJCAI 2013; with past operators and a bound on `eventually` and `always`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Constant:
    """true or false."""

    value: bool


@dataclass(frozen=True)
class Atom:
    """A predicate that is true or false."""

    name: str


@dataclass(frozen=True)
class Compare:
    """Comparison of a quantity with a number or quantity; `op`: <, <=, >, >=, ==, !=."""

    left: str
    op: str
    right: str | float


@dataclass(frozen=True)
class Unary:
    """`op`: not, next, weaknext, eventually, always, yesterday, once, historically.

    `bound`: largest number of steps ahead for `eventually` and `always`; None: to the end.
    """

    op: str
    of: Formula
    bound: int | None = None


@dataclass(frozen=True)
class Binary:
    """`op`: and, or, xor, implies, iff, until, release, unless, since."""

    op: str
    left: Formula
    right: Formula


Formula: TypeAlias = Constant | Atom | Compare | Unary | Binary

# loosest first; the operators of one row bind alike
LEVELS = (('iff',), ('implies',), ('xor',), ('or',), ('and',),
          ('until', 'release', 'unless', 'since'))  # fmt: skip
RIGHT = ('implies', 'until', 'release', 'unless', 'since')  # a op b op c is a op (b op c)
PAST = ('yesterday', 'once', 'historically', 'since')
UNARY = ('not', 'next', 'weaknext', 'eventually', 'always', 'yesterday', 'once', 'historically')
BOUNDED = ('eventually', 'always')
_LEVEL = {op: k for k, ops in enumerate(LEVELS) for op in ops}


def parts(formula: Formula) -> Iterator[Formula]:
    """Yield the formula and all its sub-formulas."""
    yield formula
    if isinstance(formula, Unary):
        yield from parts(formula.of)
    elif isinstance(formula, Binary):
        yield from parts(formula.left)
        yield from parts(formula.right)


def atoms(formula: Formula) -> tuple[Atom | Compare, ...]:
    """Return the predicates and comparisons in it, each once, in order of appearance."""
    found = (part for part in parts(formula) if isinstance(part, Atom | Compare))
    return tuple(dict.fromkeys(found))


def names(formula: Formula) -> set[str]:
    """Return the names of the predicates and quantities in it."""
    found: set[str] = set()
    for atom in atoms(formula):
        if isinstance(atom, Atom):
            found.add(atom.name)
        else:
            found |= {side for side in (atom.left, atom.right) if isinstance(side, str)}
    return found


def text_of(formula: Formula) -> str:
    """Return the formula in the syntax of `grammar.parse`, with as few brackets as possible."""
    if isinstance(formula, Constant):
        return 'true' if formula.value else 'false'
    if isinstance(formula, Atom):
        return formula.name
    if isinstance(formula, Compare):
        right = formula.right if isinstance(formula.right, str) else repr(formula.right)
        return f'{formula.left} {formula.op} {right}'
    if isinstance(formula, Unary):
        bound = '' if formula.bound is None else f'[{formula.bound}]'
        return f'{formula.op}{bound} {_inside(formula.of, len(LEVELS), True)}'
    level, is_right = _LEVEL[formula.op], formula.op in RIGHT
    left = _inside(formula.left, level, not is_right)
    return f'{left} {formula.op} {_inside(formula.right, level, is_right)}'


def _inside(formula: Formula, level: int, may_equal: bool) -> str:
    """Return the text of an operand, in brackets where it would bind more loosely."""
    text = text_of(formula)
    if not isinstance(formula, Binary):
        return text
    own = _LEVEL[formula.op]
    return text if own > level or (own == level and may_equal) else f'({text})'
