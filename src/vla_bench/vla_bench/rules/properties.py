"""Properties of the rule engine on random formulas, traces and circuits (P10 to P13)."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator

from vla_core.errors import UserError
from vla_monitor.rules.document import Rule, RuleKind, RuleResponse
from vla_monitor.rules.engine import Engine
from vla_monitor.rules.logic.automaton import Automaton
from vla_monitor.rules.logic.circuit import margin
from vla_monitor.rules.logic.formula import (
    BOUNDED,
    LEVELS,
    PAST,
    RIGHT,
    UNARY,
    Atom,
    Binary,
    Compare,
    Constant,
    Formula,
    Unary,
    atoms,
    text_of,
)
from vla_monitor.rules.logic.grammar import parse
from vla_monitor.rules.logic.semantics import Letter, holds, value_of
from vla_monitor.rules.logic.three_valued import RuleError, Truth
from vla_monitor.rules.measures.predicates import IDLE, PREDICATES
from vla_monitor.rules.ruleset import compile_rules

TRUTHS = ('holding', 'running', 'picking', 'acting')
CONNECTIVES = ('and', 'or', 'xor', 'implies', 'iff')
Rng = random.Random


def random_formula(rng: Rng, depth: int, is_past: bool = False) -> Formula:
    """A random formula over all operators, at most `depth` deep."""
    if depth == 0 or rng.random() < 0.15:
        return _leaf(rng)
    if rng.random() < 0.45:
        op = rng.choice(('not', *PAST[:3]) if is_past else UNARY)
        bound = rng.randrange(4) if op in BOUNDED and rng.random() < 0.4 else None
        return Unary(op, random_formula(rng, depth - 1, is_past or op in PAST), bound)
    op = rng.choice((*CONNECTIVES, 'since') if is_past else (*CONNECTIVES, *LEVELS[-1]))
    inner = is_past or op in PAST
    left, right = (random_formula(rng, depth - 1, inner) for _ in range(2))
    return Binary(op, left, right)


def _leaf(rng: Rng) -> Formula:
    kind = rng.random()
    if kind < 0.1:
        return Constant(rng.random() < 0.5)
    if kind < 0.7:
        return Atom(rng.choice(TRUTHS))
    op = rng.choice(('<', '<=', '>', '>=', '==', '!='))
    return Compare('tool_height', op, rng.choice((0.25, -1e-7, 'chunk_lowest')))


def random_trace(rng: Rng, formula: Formula, longest: int = 20) -> list[Letter]:
    """A random trace of up to `longest` steps; one value in ten is unknown."""
    return [
        {
            atom: Truth.UNKNOWN if rng.random() < 0.1 else rng.choice((Truth.FALSE, Truth.TRUE))
            for atom in atoms(formula)
        }
        for _ in range(rng.randint(1, longest))
    ]


def run(formula: Formula, trace: list[Letter]) -> Truth:
    """The automaton's value of a whole trace."""
    bits = {atom: k for k, atom in enumerate(atoms(formula))}
    automaton = Automaton(formula, bits)
    state = automaton.start
    for letter in trace:
        true = sum(1 << k for atom, k in bits.items() if letter[atom] == Truth.TRUE)
        unknown = sum(1 << k for atom, k in bits.items() if letter[atom] == Truth.UNKNOWN)
        state, _ = automaton.step(state, true, unknown)
    return automaton.value(state)


def automaton_equals_semantics(rng: Rng) -> bool:
    """P13."""
    formula = random_formula(rng, rng.randint(1, 5))
    trace = random_trace(rng, formula)
    return run(formula, trace) == holds(formula, trace)


# -- P12: an oracle without a parser: text and truth table are generated together ---------------

Table = Callable[[dict[str, bool]], bool]
ORACLE: dict[str, Callable[[bool, bool], bool]] = {
    'and': lambda a, b: a and b, 'or': lambda a, b: a or b, 'xor': lambda a, b: a != b,
    'implies': lambda a, b: not a or b, 'iff': lambda a, b: a == b,
}  # fmt: skip
SPELLINGS = {'and': ('and', '&', '&&'), 'or': ('or', '|', '||'), 'xor': ('xor', '^'),
             'implies': ('implies', '->'), 'iff': ('iff', '<->')}  # fmt: skip


def spelled(rng: Rng, depth: int) -> tuple[str, Table, int]:
    """Text, truth table and precedence of the outermost operator (larger binds tighter)."""
    if depth == 0 or rng.random() < 0.1:
        name = rng.choice(TRUTHS)
        return name, lambda v: v[name], len(LEVELS)
    if rng.random() < 0.25:
        text, table, tight = spelled(rng, depth - 1)
        text = text if tight == len(LEVELS) else f'({text})'
        return f'{rng.choice(("not ", "!"))}{text}', lambda v: not table(v), len(LEVELS)
    op = rng.choice(CONNECTIVES)
    level = next(k for k, ops in enumerate(LEVELS) if op in ops)
    left, a, left_tight = spelled(rng, depth - 1)
    right, b, right_tight = spelled(rng, depth - 1)
    is_right = op in RIGHT
    if left_tight < level or (left_tight == level and is_right) or rng.random() < 0.1:
        left = f'({left})'
    if right_tight < level or (right_tight == level and not is_right):
        right = f'({right})'
    text = f'{left} {rng.choice(SPELLINGS[op])} {right}'
    return text, lambda v: ORACLE[op](a(v), b(v)), level


def parser_is_right(rng: Rng) -> bool:
    """P12: round trip, precedence as in the oracle, text is not a truth value, unknown denies."""
    formula = random_formula(rng, rng.randint(1, 6))
    if parse(text_of(formula), PREDICATES) != formula:
        return False
    text, table, _ = spelled(rng, rng.randint(1, 6))
    parsed = parse(text, PREDICATES)
    for case in range(1 << len(TRUTHS)):
        values = {name: bool(case >> k & 1) for k, name in enumerate(TRUTHS)}
        letter = {atom: value_of(atom, values) for atom in atoms(parsed)}
        if (holds(parsed, [letter]) == Truth.TRUE) != table(values):
            return False
    return _text_is_refused(rng) and _unknown_denies(rng)


def _text_is_refused(rng: Rng) -> bool:
    try:
        value_of(Atom('holding'), {'holding': rng.choice(('false', 'true', '', 0, 1, 0.0))})
    except RuleError:
        return True
    return False


def _unknown_denies(rng: Rng) -> bool:
    name = rng.choice(TRUTHS)
    rules = compile_rules([_rule('t-1', f'always ({name} or chunk_speed < 0.2)', True)], {})
    values = {**dict.fromkeys(TRUTHS, False), 'chunk_speed': 0.3, name: None}
    unknown = Engine(rules).check(values)
    known = Engine(rules).check({**values, 'chunk_speed': 0.1})
    return not unknown.allowed and known.allowed


# -- P10, P11 -----------------------------------------------------------------------------------


def _rule(key: str, text: str, is_hard: bool) -> Rule:
    kind = RuleKind.HARD if is_hard else RuleKind.WEIGHTED
    formula = parse(text, PREDICATES)
    return Rule(key, key, 'drop', kind, RuleResponse.HOLD, formula, 'made up', 'nowhere', 1)


def preventive(rng: Rng, count: int) -> tuple[list[Rule], dict[str, float]]:
    """Rules that only acting can break, and weights for them."""
    rules = []
    for k in range(count):
        condition = rng.choice(TRUTHS[:3])
        text = f'always ({condition} implies chunk_speed < {rng.uniform(0.05, 0.5):.3f})'
        rules.append(_rule(f'w-{k}', text, False))
    return rules, {rule.id: rng.uniform(0.01, 3.0) for rule in rules}


def circuit_is_right(rng: Rng) -> bool:
    """P10: m <= 0; 0 exactly when nothing is broken; no higher with one more broken rule; a
    broken hard rule denies whatever the weights."""
    rules, weights = preventive(rng, rng.randint(1, 12))
    state = {name: rng.random() < 0.7 for name in TRUTHS}
    values = {**state, **IDLE, 'acting': True, 'chunk_speed': rng.uniform(0.0, 0.6)}
    result = Engine(compile_rules(rules, weights)).check(values)
    broken = {b.rule.id for b in result.weighted}
    if not result.margin <= 0.0 or (result.margin == 0.0) != (not broken):
        return False
    sure = _rule('x-1', 'always (not acting)', False)
    more = Engine(compile_rules([*rules, sure], {**weights, 'x-1': rng.uniform(0.01, 3.0)}))
    if more.check(values).margin > result.margin + 1e-12:
        return False
    hard = _rule('h-1', 'always (not acting)', True)
    light = dict.fromkeys(weights, 0.0)
    return not Engine(compile_rules([*rules, hard], light)).check(values).allowed


def margin_ignores_others(rng: Rng) -> bool:
    """P11: up to 15 more predicates that the action does not change leave the margin the same."""
    n, k = rng.randint(1, 6), rng.randint(1, 15)
    weights = [rng.uniform(0.01, 3.0) for _ in range(n + k)]
    gains = [rng.choice((-1, 0)) for _ in range(n)]
    alone = margin(weights[:n], gains)
    if abs(margin(weights, gains + [0] * k) - alone) > 1e-12:
        return False
    extra = ('person_seen', 'over_support', 'target_absent', 'target_ambiguous')
    rules, light = preventive(rng, n)
    values = {**dict.fromkeys(PREDICATES, False), **IDLE, 'acting': True, 'chunk_speed': 0.3}
    values = {**values, **{name: 0.0 for name, item in PREDICATES.items() if item.unit}}
    values = {**values, 'chunk_speed': 0.3, 'holding': True}
    before = min(Engine(compile_rules(rules, light)).check(values).margins)
    others = [
        _rule(f'o-{i}', f'always ({rng.choice(extra)} or not acting or true)', False)
        for i in range(k)
    ]
    after = Engine(compile_rules([*rules, *others], {**light, **{o.id: 1.0 for o in others}}))
    return math.isclose(min(after.check(values).margins), before, abs_tol=1e-12)


PROPERTIES: dict[str, Callable[[Rng], bool]] = {
    'P10 circuit': circuit_is_right,
    'P11 margin beside other predicates': margin_ignores_others,
    'P12 parser': parser_is_right,
    'P13 automata equal the semantics': automaton_equals_semantics,
}


def failures(name: str, count: int, seed: int) -> Iterator[bool]:
    """Whether each of `count` random cases fails."""
    if name not in PROPERTIES:
        raise UserError(f'no property {name!r}; known: {", ".join(PROPERTIES)}')
    for k in range(count):
        yield not PROPERTIES[name](random.Random(f'{name} {seed} {k}'))
