"""The normal form of the automata: negation at the leaves, `until` and `release` only.

The obligations left for the rest of a trace are a set of clauses (a conjunction of disjunctions),
so that there are finitely many such sets. All laws used hold in Kleene's logic: `a or not a` is
not simplified, because a may be unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from vla_monitor.rules.logic.formula import PAST, Atom, Binary, Compare, Constant, Formula, Unary
from vla_monitor.rules.logic.three_valued import Truth


@dataclass(frozen=True)
class Lit:
    """Bit `bit` of the letter or of the past values; negated when not `positive`."""

    bit: int
    positive: bool
    is_past: bool = False


@dataclass(frozen=True)
class Fixed:
    """A constant value."""

    value: Truth


@dataclass(frozen=True)
class More:
    """There is another step (positive), or there is none."""

    positive: bool


@dataclass(frozen=True)
class Both:
    """All of (conjunction), or at least one of (not conjunction)."""

    conjunction: bool
    left: Normal
    right: Normal


@dataclass(frozen=True)
class NextStep:
    """At the next step; when there is none, `strong` is false and weak is true."""

    strong: bool
    of: Normal


@dataclass(frozen=True)
class Until:
    """`left` until `right` (strong), or `left` releases `right` (not strong).

    `bound`: steps left.
    """

    strong: bool
    left: Normal
    right: Normal
    bound: int | None = None


Normal: TypeAlias = Lit | Fixed | More | Both | NextStep | Until
Clause: TypeAlias = frozenset[Normal]  # one of these
Clauses: TypeAlias = frozenset[Clause]  # each of these

TRUE, FALSE = Fixed(Truth.TRUE), Fixed(Truth.FALSE)
OPEN = Fixed(Truth.UNKNOWN)
NOTHING: Clauses = frozenset()  # true
NEVER: Clauses = frozenset([frozenset()])  # false
LOST: Clause = frozenset([OPEN])  # a clause with no other part can no longer become true


class FormulaNormaliser:
    """Normalises formulas, and numbers their atoms and past sub-formulas."""

    def __init__(self, bits: dict[Atom | Compare, int]) -> None:
        self.bits = bits
        self.past: list[Formula] = []  # inner ones first

    def normal(self, formula: Formula, positive: bool = True) -> Normal:
        """Return the normal form of the formula, or of its negation."""
        if isinstance(formula, Constant):
            return TRUE if formula.value == positive else FALSE
        if isinstance(formula, Atom | Compare):
            return Lit(self.bits[formula], positive)
        if formula.op in PAST:
            return Lit(self._remember(formula), positive, is_past=True)
        if isinstance(formula, Unary):
            return self._unary(formula, positive)
        return self._binary(formula, positive)

    def _remember(self, formula: Formula) -> int:
        inner = [formula.of] if isinstance(formula, Unary) else []
        inner = [formula.left, formula.right] if isinstance(formula, Binary) else inner
        for part in inner:
            self.normal(part)  # numbers the inner past sub-formulas
        if formula not in self.past:
            self.past.append(formula)
        return self.past.index(formula)

    def _unary(self, formula: Unary, positive: bool) -> Normal:
        op, bound = formula.op, formula.bound
        if op == 'not':
            return self.normal(formula.of, not positive)
        inner = self.normal(formula.of, positive)
        if op in ('next', 'weaknext'):
            return NextStep((op == 'next') == positive, inner)
        is_strong = (op == 'eventually') == positive
        return Until(is_strong, TRUE if is_strong else FALSE, inner, bound)

    def _binary(self, formula: Binary, positive: bool) -> Normal:
        op, left, right = formula.op, formula.left, formula.right
        if op == 'implies':
            return Both(
                not positive, self.normal(left, not positive), self.normal(right, positive)
            )
        if op in ('iff', 'xor'):
            is_same = (op == 'iff') == positive
            one = Both(True, self.normal(left), self.normal(right, is_same))
            other = Both(True, self.normal(left, False), self.normal(right, not is_same))
            return Both(False, one, other)
        if op == 'unless':  # right releases (left or right)
            op, left, right = 'release', right, Binary('or', left, right)
        a, b = self.normal(left, positive), self.normal(right, positive)
        if op in ('and', 'or'):
            return Both((op == 'and') == positive, a, b)
        return Until((op == 'until') == positive, a, b)


def clauses(formula: Normal) -> Clauses:
    """Return the formula as clauses on the following steps."""
    if isinstance(formula, Fixed):
        if formula.value == Truth.TRUE:
            return NOTHING
        return NEVER if formula.value == Truth.FALSE else frozenset([frozenset([formula])])
    if isinstance(formula, Both):
        join = all_of if formula.conjunction else one_of
        return join(clauses(formula.left), clauses(formula.right))
    return frozenset([frozenset([formula])])


def all_of(a: Clauses, b: Clauses) -> Clauses:
    """Return the conjunction."""
    return _least(a | b)


def one_of(a: Clauses, b: Clauses) -> Clauses:
    """Return the disjunction."""
    return _least(frozenset(x | y for x in a for y in b))


def _least(found: Clauses) -> Clauses:
    """Return the clauses without those implied by another one.

    A lost clause (permanently false or unknown) implies none, because it may be forgiven.
    """
    if len(found) < 2:
        return found
    kept: list[Clause] = []
    for clause in sorted(found, key=len):
        if not any(other <= clause for other in kept if not other <= LOST):
            kept.append(clause)
    return frozenset(kept)
