"""Proofs about a rule set at configure: it is satisfiable, and every rule can have an effect.

z3 decides over the predicates' ranges and the `AXIOMS`; the automata give the steps in time.
Refused, with the rules named:

- hard rules that no trace satisfies;
- hard rules that in some situation allow no action, not even to stay;
- a rule that cannot be violated, or whose condition the hard rules make unreachable.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from vla_core.errors import UserError
from vla_monitor.rules.document import Rule
from vla_monitor.rules.logic.automaton import Automaton
from vla_monitor.rules.logic.formula import Atom, Binary, Compare, Formula, Unary, atoms
from vla_monitor.rules.logic.symbols import Symbols
from vla_monitor.rules.logic.three_valued import Truth

WIDEST = 12  # atoms of one rule: all its letters are enumerated
MOST_STATES = 500  # of all automata together


@dataclass(frozen=True)
class Moving:
    """A formula with its automaton and its letters, for proofs."""

    automaton: Automaton
    atoms: tuple[Atom | Compare, ...]
    known: dict[int, dict[int, list[int]]] = field(default_factory=dict)

    @classmethod
    def of(cls, formula: Formula, where: str) -> Moving:
        found = atoms(formula)
        if len(found) > WIDEST:
            raise UserError(f'{where}: more than {WIDEST} different predicates in one rule')
        return cls(Automaton(formula, {atom: k for k, atom in enumerate(found)}), found)

    def steps(self, state: int) -> dict[int, list[int]]:
        """Return the letters that do not violate the formula, by successor state."""
        if state in self.known:
            return self.known[state]
        found = self.known[state] = {}
        for letter in range(1 << len(self.atoms)):
            then, truth = self.automaton.step(state, letter, 0)
            if truth != Truth.FALSE:
                found.setdefault(then, []).append(letter)
        return found


def prove(rules: Sequence[Rule]) -> None:
    """UserError, naming the rules, for a contradictory set or a rule that can never apply."""
    symbols = Symbols()
    moving = {rule.id: Moving.of(rule.formula, rule.where) for rule in rules}
    hard = [rule for rule in rules if rule.is_hard]

    def run(some: Iterable[Rule]) -> Product:
        return Product(symbols, [moving[rule.id] for rule in some])

    if not run(hard).can_end():
        core = least(hard, lambda some: not run(some).can_end())
        raise UserError(f'no trace satisfies these rules: {named(core)}')
    if run(hard).has_trap():
        core = least(hard, lambda some: run(some).has_trap())
        raise UserError(f'these rules allow no action in some situation: {named(core)}')
    for rule in rules:
        _prove_applies(rule, [other for other in hard if other is not rule], run, symbols)


def _prove_applies(rule: Rule, others: list[Rule], run: Any, symbols: Symbols) -> None:
    own = Moving.of(rule.formula, rule.where)
    if not Product(symbols, []).can_break(own):
        raise UserError(f'this rule cannot be violated, so it never applies: {named([rule])}')
    trigger = condition(rule.formula)
    if trigger is None:
        return
    never = Moving.of(Unary('always', Unary('not', trigger)), rule.where)
    if not run(others).can_break(never):
        core = least(others, lambda some: not run(some).can_break(never))
        given = f' given {named(core)}' if core else ''
        raise UserError(f'the condition of this rule is never true{given}: {named([rule])}')


def condition(formula: Formula) -> Formula | None:
    """Return the condition of `always (condition implies ...)`; None without one."""
    inner = formula.of if isinstance(formula, Unary) and formula.op == 'always' else formula
    return inner.left if isinstance(inner, Binary) and inner.op == 'implies' else None


def least(rules: list[Rule], fails: Any) -> list[Rule]:
    """Return a minimal subset of the rules that still fails."""
    kept = list(rules)
    for rule in rules:
        rest = [other for other in kept if other is not rule]
        if fails(rest):
            kept = rest
    return kept


def named(rules: Iterable[Rule]) -> str:
    return ', '.join(f'{rule.id} ({rule.where})' for rule in rules)


class Product:
    """Product of automata; z3 decides which letters are possible together."""

    def __init__(self, symbols: Symbols, parts: list[Moving]) -> None:
        self.symbols, self.parts = symbols, parts
        self.states: list[tuple[int, ...]] = []  # reachable without a violation
        self.arrived: set[tuple[int, ...]] = set()  # reachable by at least one step
        self._explore()

    def _explore(self) -> None:
        frontier = [tuple(part.automaton.start for part in self.parts)]
        seen = set(frontier)
        while frontier:
            state = frontier.pop()
            self.states.append(state)
            for then in self._successors(state):
                self.arrived.add(then)
                if then not in seen:
                    seen.add(then)
                    frontier.append(then)
            if len(seen) > MOST_STATES:
                raise UserError(f'the rules need more than {MOST_STATES} states: simplify them')

    def _successors(self, state: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        choices = [part.steps(q) for part, q in zip(self.parts, state, strict=True)]
        free = [k for k, steps in enumerate(choices) if len(steps) > 1]
        fixed = [self._step(k, q, None) for k, q in enumerate(state) if k not in free]
        solver = self.symbols.solver(*fixed)
        for picks in itertools.product(*(choices[k] for k in free)):
            facts = [self._step(k, state[k], then) for k, then in zip(free, picks, strict=True)]
            if self.symbols.is_possible(solver, facts):
                then = {k: next(iter(choices[k]), -1) for k in range(len(state))}
                yield tuple({**then, **dict(zip(free, picks, strict=True))}.values())

    def _step(self, k: int, state: int, then: int | None) -> Any:
        """Return the letters of part k from `state` to `then` (None: any state, no violation)."""
        steps = self.parts[k].steps(state)
        wanted = [letter for to, found in steps.items() if then in (None, to) for letter in found]
        return self.symbols.letters(self.parts[k].atoms, wanted)

    def can_end(self) -> bool:
        """True when some trace of at least one step satisfies all formulas."""
        return any(
            all(p.automaton.value(q) == Truth.TRUE for p, q in zip(self.parts, state, strict=True))
            for state in self.arrived
        )

    def has_trap(self) -> bool:
        """True when in a reachable state some observation allows no action without violation."""
        return any(
            self.symbols.is_trapped([self._step(k, q, None) for k, q in enumerate(state)])
            for state in self.states
        )

    def can_break(self, other: Moving) -> bool:
        """True when `other` can be violated while these are satisfied until then."""
        for state in Product(self.symbols, [*self.parts, other]).states:
            kept = [self._step(k, q, None) for k, q in enumerate(state[:-1])]
            steps = other.steps(state[-1])
            good = {letter for found in steps.values() for letter in found}
            bad = [x for x in range(1 << len(other.atoms)) if x not in good]
            solver = self.symbols.solver(*kept)
            if self.symbols.is_possible(solver, [self.symbols.letters(other.atoms, bad)]):
                return True
        return False
