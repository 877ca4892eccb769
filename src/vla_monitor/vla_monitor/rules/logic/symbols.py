"""The predicates as z3 symbols: booleans, reals in their ranges, and axioms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from vla_core.errors import UserError
from vla_monitor.rules.logic.formula import Atom, Compare, Constant, Formula, Unary
from vla_monitor.rules.logic.grammar import parse
from vla_monitor.rules.measures.predicates import PREDICATES, PredicateKind

AXIOMS = (  # always true, by how the predicates are measured
    'holding_target implies holding',
    'over_support implies holding',
    'over_destination implies holding',
    'target_present implies not target_absent and not target_ambiguous',
    'target_absent implies not target_ambiguous',
    'not person_seen implies person_distance >= 10 and chunk_person_distance >= 10',
    'held_fall > 0 implies holding',
    'chunk_low_speed <= chunk_speed',
    'chunk_over_support implies chunk_releases',
    'chunk_over_destination implies chunk_releases',
    'chunk_onto_round implies chunk_releases and chunk_over_support',
    'chunk_fall > 0 implies chunk_releases',
    'chunk_pile > 0 implies chunk_releases',
    'chunk_pile_offset > 0 implies chunk_releases',
    'chunk_pile_ratio > 0 implies chunk_over_support',
    'chunk_grips implies chunk_closes',
    'chunk_grips_target implies chunk_grips',
    'chunk_grip_margin != 0.5 implies chunk_grips',
    'chunk_grip_offset > 0 implies chunk_grips',
    'chunk_closes implies not holding',
    'chunk_pushes implies not holding and not chunk_releases',
    'chunk_push_edge < 10 implies chunk_pushes',
)


class Symbols:
    """Symbols and solvers; z3 is imported when the first object is constructed."""

    def __init__(self) -> None:
        try:
            import z3
        except ImportError as error:
            raise UserError(
                f'z3-solver, which proves the rules, is not installed: {error}'
            ) from None
        self.z3 = z3
        make = {PredicateKind.TRUTH: z3.Bool, PredicateKind.NUMBER: z3.Real}
        self.of = {name: make[item.kind](name) for name, item in PREDICATES.items()}
        self._axioms = [parse(text, PREDICATES) for text in AXIOMS]

    @cached_property
    def known(self) -> Any:
        """Ranges, axioms, and the idle values of the action predicates."""
        z3 = self.z3
        facts = [self.expression(axiom) for axiom in self._axioms]
        idle = []
        for name, item in PREDICATES.items():
            if item.kind == PredicateKind.NUMBER:
                facts.append(z3.And(self.of[name] >= item.lo, self.of[name] <= item.hi))
            if item.is_action:
                idle.append(self.of[name] == item.idle)
        facts.append(z3.Or(self.of['acting'], z3.And(*idle)))
        return z3.And(*facts)

    def expression(self, formula: Formula) -> Any:
        """Return a formula without temporal operators as a z3 expression."""
        z3 = self.z3
        if isinstance(formula, Constant):
            return z3.BoolVal(formula.value)
        if isinstance(formula, Atom):
            return self.of[formula.name]
        if isinstance(formula, Compare):
            return self._comparison(formula)
        if isinstance(formula, Unary):
            return z3.Not(self.expression(formula.of))
        left, right = self.expression(formula.left), self.expression(formula.right)
        return {
            'and': z3.And, 'or': z3.Or, 'implies': z3.Implies, 'xor': z3.Xor,
            'iff': lambda a, b: a == b,
        }[formula.op](left, right)  # fmt: skip

    def _comparison(self, atom: Compare) -> Any:
        left = self.of[atom.left]
        right = self.of[atom.right] if isinstance(atom.right, str) else atom.right
        return {
            '<': lambda: left < right, '<=': lambda: left <= right, '>': lambda: left > right,
            '>=': lambda: left >= right, '==': lambda: left == right,
            '!=': lambda: left != right,
        }[atom.op]()  # fmt: skip

    def letters(self, atoms: Sequence[Atom | Compare], letters: Iterable[int]) -> Any:
        """Return the disjunction of the letters; bit k of a letter is atoms[k]."""
        z3 = self.z3
        found = [self.expression(atom) for atom in atoms]
        wanted = list(letters)
        if len(wanted) == 1 << len(atoms):
            return z3.BoolVal(True)
        return z3.Or(
            [
                z3.And([e if letter >> k & 1 else z3.Not(e) for k, e in enumerate(found)])
                for letter in wanted
            ]
        )

    def solver(self, *facts: Any) -> Any:
        """Return a solver with the axioms and these facts."""
        solver = self.z3.Solver()
        solver.add(self.known, *facts)
        return solver

    def is_possible(self, solver: Any, facts: Sequence[Any]) -> bool:
        """True when the facts are satisfiable together with the solver's assertions."""
        solver.push()
        solver.add(*facts)
        answer = self._answered(solver)
        solver.pop()
        return answer

    def is_trapped(self, allowed: Sequence[Any]) -> bool:
        """True when some observation allows no action that satisfies `allowed`.

        Facts without an action predicate constrain the observation: they are assumed true.
        """
        z3 = self.z3
        actions = [self.of[name] for name, item in PREDICATES.items() if item.is_action]
        known_names = {action.decl().name() for action in actions}
        about = [bool(_variables(fact) & known_names) for fact in allowed]
        observed = [fact for fact, is_action in zip(allowed, about, strict=True) if not is_action]
        free = [fact for fact, is_action in zip(allowed, about, strict=True) if is_action]
        if not free:
            return False
        some_action = z3.Exists(actions, z3.And(self.known, *free))
        possible = z3.Exists(actions, self.known)
        solver = z3.Then('simplify', 'qsat').solver()
        solver.add(possible, *observed, z3.Not(some_action))
        return self._answered(solver)

    def _answered(self, solver: Any) -> bool:
        answer = solver.check()
        if answer == self.z3.unknown:
            raise UserError(f'the rules cannot be proven: {solver.reason_unknown()}')
        return bool(answer == self.z3.sat)


def _variables(fact: Any) -> set[str]:
    """Return the names of the predicates in a z3 expression, without printing it: z3 has
    terminated the process while printing a number."""
    found, todo = set(), [fact]
    while todo:
        item = todo.pop()
        if item.num_args() == 0:
            found.add(item.decl().name())
        todo += item.children()
    return found & PREDICATES.keys()
