"""Reference semantics of formulas on finite traces; slow, used to test the automata.

LTLf as in De Giacomo and Vardi, IJCAI 2013, with Kleene's three values at every step.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vla_monitor.rules.logic.formula import Atom, Binary, Compare, Constant, Formula, Unary
from vla_monitor.rules.logic.three_valued import Truth, number_of, truth_of

Letter = Mapping[Atom | Compare, Truth]
OPERATIONS: dict[str, Callable[[float, float], bool]] = {
    '<': operator.lt, '<=': operator.le, '>': operator.gt, '>=': operator.ge,
    '==': operator.eq, '!=': operator.ne,
}  # fmt: skip


def value_of(atom: Atom | Compare, values: Mapping[str, Any]) -> Truth:
    """Return the atom's value; a comparison with an unknown quantity is unknown."""
    if isinstance(atom, Atom):
        return truth_of(values[atom.name], atom.name)
    left = number_of(values[atom.left], atom.left)
    other = values[atom.right] if isinstance(atom.right, str) else atom.right
    right = number_of(other, str(atom.right))
    if left is None or right is None:
        return Truth.UNKNOWN
    return Truth.TRUE if OPERATIONS[atom.op](left, right) else Truth.FALSE


def holds(formula: Formula, trace: Sequence[Letter], at: int = 0) -> Truth:
    """Return the formula's value at step `at` of a finite trace."""
    if isinstance(formula, Constant):
        return Truth.TRUE if formula.value else Truth.FALSE
    if isinstance(formula, Atom | Compare):
        return trace[at][formula]
    if isinstance(formula, Unary):
        return _unary(formula, trace, at)
    if formula.op in ('until', 'release', 'unless', 'since'):
        return _temporal(formula, trace, at)
    return connect(formula.op, holds(formula.left, trace, at), holds(formula.right, trace, at))


def connect(op: str, a: Truth, b: Truth) -> Truth:
    """Return `a op b` in Kleene's strong logic."""
    if op == 'and':
        return min(a, b)
    if op == 'or':
        return max(a, b)
    if op == 'implies':
        return max(a.negated(), b)
    same = max(min(a, b), min(a.negated(), b.negated()))
    return same if op == 'iff' else same.negated()


def _unary(formula: Unary, trace: Sequence[Letter], at: int) -> Truth:
    op, of = formula.op, formula.of
    last = len(trace) - 1
    if op == 'not':
        return holds(of, trace, at).negated()
    if op == 'next':
        return holds(of, trace, at + 1) if at < last else Truth.FALSE
    if op == 'weaknext':
        return holds(of, trace, at + 1) if at < last else Truth.TRUE
    if op == 'yesterday':
        return holds(of, trace, at - 1) if at > 0 else Truth.FALSE
    if op in ('once', 'historically'):
        steps = range(at + 1)
    else:
        steps = range(at, last + 1 if formula.bound is None else min(last, at + formula.bound) + 1)
    best = max if op in ('eventually', 'once') else min
    return best(holds(of, trace, k) for k in steps)


def _temporal(formula: Binary, trace: Sequence[Letter], at: int) -> Truth:
    op, last = formula.op, len(trace) - 1
    left = [holds(formula.left, trace, k) for k in range(len(trace))]
    right = [holds(formula.right, trace, k) for k in range(len(trace))]
    if op == 'since':
        return max(min([right[k], *left[k + 1 : at + 1]]) for k in range(at + 1))
    if op == 'release':  # the right side holds up to and including the step where the left does
        return min(max([right[k], *left[at:k]]) for k in range(at, last + 1))
    until = max(min([right[k], *left[at:k]]) for k in range(at, last + 1))
    return until if op == 'until' else max(until, min(left[at:]))
