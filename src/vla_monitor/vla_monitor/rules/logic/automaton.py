"""A formula as an automaton over bit masks: one step is one table lookup.

States are found by progression (Bacchus and Kabanza, 2000; for finite traces De Giacomo et al.,
2014): the obligations left after a step. The table is filled lazily, letter by letter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vla_monitor.rules.logic.formula import (
    PAST,
    Atom,
    Binary,
    Compare,
    Constant,
    Formula,
    Unary,
    atoms,
)
from vla_monitor.rules.logic.normal_form import (
    LOST,
    NEVER,
    NOTHING,
    Both,
    Clauses,
    Fixed,
    FormulaNormaliser,
    Lit,
    More,
    NextStep,
    Normal,
    Until,
    all_of,
    clauses,
    one_of,
)
from vla_monitor.rules.logic.semantics import connect
from vla_monitor.rules.logic.three_valued import Truth

MOST_ENTRIES = 50_000  # of the table, which is then cleared


@dataclass(frozen=True)
class AutomatonState:
    """Open obligations, and the values of the past sub-formulas."""

    owed: Clauses
    past: tuple[Truth, ...]


class Automaton:
    """Runs one formula; `bits` maps atoms to bits of a letter.

    A letter is two masks: true atoms and unknown atoms. With `forgives` a clause that becomes
    false or unknown is reported once and dropped, so that the next step is judged independently.
    """

    def __init__(
        self, formula: Formula, bits: Mapping[Atom | Compare, int], forgives: bool = False
    ) -> None:
        self.formula, self.forgives = formula, forgives
        self._bits = dict(bits)
        self._normaliser = FormulaNormaliser(self._bits)
        normal = self._normaliser.normal(formula)
        self._past = self._normaliser.past
        self.mask = sum(1 << self._bits[atom] for atom in atoms(formula))
        self._states: list[AutomatonState] = []
        self._ids: dict[AutomatonState, int] = {}
        self._table: dict[tuple[int, int, int], tuple[int, Truth]] = {}
        self.start = self._id(AutomatonState(clauses(normal), tuple(map(_at_first, self._past))))

    def step(self, state: int, true: int, unknown: int) -> tuple[int, Truth]:
        """Return the state after a letter, and the lowest truth of any clause at this step.

        FALSE: the formula is violated; UNKNOWN: a clause can no longer be decided.
        """
        key = (state, true & self.mask, unknown & self.mask)
        found = self._table.get(key)
        if found is None:
            if len(self._table) >= MOST_ENTRIES:
                self._table.clear()
            found = self._table[key] = self._work(*key)
        return found

    def value(self, state: int) -> Truth:
        """Return the formula's value when the trace ends here."""
        owed = self._states[state].owed
        return min((max(map(_at_end, clause), default=Truth.FALSE) for clause in owed),
                   default=Truth.TRUE)  # fmt: skip

    def _id(self, state: AutomatonState) -> int:
        if state not in self._ids:
            self._ids[state] = len(self._states)
            self._states.append(state)
        return self._ids[state]

    def _work(self, number: int, true: int, unknown: int) -> tuple[int, Truth]:
        state = self._states[number]
        reader = _FormulaReader(self._bits, true, unknown, self._past, state.past)
        owed = NOTHING
        for clause in state.owed:
            rest = NEVER
            for part in clause:
                rest = one_of(rest, reader.progress(part))
            owed = all_of(owed, rest)
        worst = Truth.TRUE
        lost = {clause for clause in owed if clause <= LOST}
        if lost:
            worst = Truth.FALSE if frozenset() in lost else Truth.UNKNOWN
        if self.forgives:
            owed = owed - lost
        return self._id(AutomatonState(owed, reader.kept())), worst


def _at_first(past: Formula) -> Truth:
    """Return the value of a past formula before the first step."""
    is_all = isinstance(past, Unary) and past.op == 'historically'
    return Truth.TRUE if is_all else Truth.FALSE


def _at_end(part: Normal) -> Truth:
    """Return the value of a part of a clause when no step follows."""
    if isinstance(part, Fixed):
        return part.value
    if isinstance(part, More):
        return Truth.FALSE if part.positive else Truth.TRUE
    if isinstance(part, NextStep | Until):
        return Truth.FALSE if part.strong else Truth.TRUE
    return Truth.FALSE  # a literal or a connective always stands beside a `More`


class _FormulaReader:
    """One letter, with the values of the past sub-formulas at this step."""

    def __init__(
        self,
        bits: Mapping[Atom | Compare, int],
        true: int,
        unknown: int,
        past: list[Formula],
        before: tuple[Truth, ...],
    ) -> None:
        self.bits, self.true, self.unknown = bits, true, unknown
        self.past, self.before = past, before
        self.now: list[Truth] = []  # of the past formulas, at this step
        for k, formula in enumerate(past):
            self.now.append(self._recall(k, formula))

    def kept(self) -> tuple[Truth, ...]:
        """Return the past values for the next step: for `yesterday` its operand."""
        return tuple(
            self._value(formula.of)
            if isinstance(formula, Unary) and formula.op == 'yesterday' else self.now[k]
            for k, formula in enumerate(self.past)
        )  # fmt: skip

    def _recall(self, k: int, formula: Formula) -> Truth:
        before = self.before[k]
        if isinstance(formula, Unary):
            if formula.op == 'yesterday':
                return before
            value = self._value(formula.of)
            return max(before, value) if formula.op == 'once' else min(before, value)
        assert isinstance(formula, Binary)
        return max(self._value(formula.right), min(self._value(formula.left), before))

    def _value(self, formula: Formula) -> Truth:
        """Return the value at this step of a formula without future operators."""
        if isinstance(formula, Constant):
            return Truth.TRUE if formula.value else Truth.FALSE
        if isinstance(formula, Atom | Compare):
            return self.bit(self.bits[formula])
        if formula.op in PAST:
            return self.now[self.past.index(formula)]
        if isinstance(formula, Unary):
            return self._value(formula.of).negated()
        return connect(formula.op, self._value(formula.left), self._value(formula.right))

    def bit(self, bit: int) -> Truth:
        if self.unknown >> bit & 1:
            return Truth.UNKNOWN
        return Truth.TRUE if self.true >> bit & 1 else Truth.FALSE

    def progress(self, part: Normal) -> Clauses:
        """Return the obligations of the later steps so that `part` holds from this step on."""
        if isinstance(part, Fixed):
            return clauses(part)
        if isinstance(part, More):
            return NOTHING if part.positive else NEVER
        if isinstance(part, Lit):
            value = self.now[part.bit] if part.is_past else self.bit(part.bit)
            return clauses(Fixed(value if part.positive else value.negated()))
        if isinstance(part, Both):
            join = all_of if part.conjunction else one_of
            return join(self.progress(part.left), self.progress(part.right))
        if isinstance(part, NextStep):
            return _guarded(part.strong, clauses(part.of))
        return self._until(part)

    def _until(self, part: Until) -> Clauses:
        right = self.progress(part.right)
        if part.bound == 0:
            return right
        bound = None if part.bound is None else part.bound - 1
        later = clauses(Until(part.strong, part.left, part.right, bound))
        left = self.progress(part.left)
        if part.strong:
            return one_of(right, all_of(left, later))
        return all_of(right, one_of(left, later))


def _guarded(strong: bool, rest: Clauses) -> Clauses:
    """Return `rest` at a next step that must exist (strong) or may not exist (weak)."""
    exists = clauses(More(strong))
    return all_of(rest, exists) if strong else one_of(rest, exists)
