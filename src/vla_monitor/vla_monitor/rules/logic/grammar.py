"""The grammar of the rules' formulas, and its parser. Nothing is ever evaluated as a program.

    formula   := iff
    iff       := implies { ('iff' | '<->') implies }
    implies   := xor [ ('implies' | '->') implies ]
    xor       := or { ('xor' | '^') or }
    or        := and { ('or' | '|') and }
    and       := temporal { ('and' | '&') temporal }
    temporal  := unary [ ('until'|'U' | 'release'|'R' | 'unless'|'W' | 'since'|'S') temporal ]
    unary     := ('not'|'!' | 'next'|'X' | 'weaknext'|'N' | 'yesterday'|'Y' | 'once'|'O'
               | 'historically'|'H' | ('always'|'G' | 'eventually'|'F') ['[' steps ']']) unary
               | '(' formula ')' | 'true' | 'false' | predicate | comparison
    comparison:= quantity ('<' | '<=' | '>' | '>=' | '==' | '!=') (quantity | number [unit])

A unit, when it is written, must be the quantity's own.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass

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
    parts,
)
from vla_monitor.rules.logic.three_valued import RuleError
from vla_monitor.rules.measures.predicates import Predicate, PredicateKind

SHORT = {
    '!': 'not', '&': 'and', '&&': 'and', '|': 'or', '||': 'or', '^': 'xor', '->': 'implies',
    '<->': 'iff', 'X': 'next', 'N': 'weaknext', 'F': 'eventually', 'G': 'always', 'U': 'until',
    'R': 'release', 'W': 'unless', 'S': 'since', 'Y': 'yesterday', 'O': 'once',
    'H': 'historically',
}  # fmt: skip
COMPARISONS = ('<=', '>=', '==', '!=', '<', '>')
RESERVED = {*SHORT, *UNARY, *(op for ops in LEVELS for op in ops), 'true', 'false'}
DEEPEST = 100  # brackets and operators inside one another
_TOKEN = re.compile(
    r'\s*(?:(?P<number>-?\d+(?:\.\d+)?(?:e[-+]?\d+)?)(?:\s*(?P<unit>m/s|rad/s|rad|deg|m|s)(?!\w))?'
    r'|(?P<word>[A-Za-z_]\w*)'
    r'|(?P<sign><->|->|<=|>=|==|!=|&&|\|\||[<>!&|^()\[\]]))'
)


@dataclass(frozen=True)
class Token:
    """One word, sign or number, and its column (from 1)."""

    text: str
    kind: str  # number, word, sign, end
    column: int
    unit: str = ''


def parse(text: str, known: Mapping[str, Predicate]) -> Formula:
    """Return the formula; RuleError names the error and its column."""
    parser = _Parser(tokens(text), known)
    formula = parser.binary(0, 0)
    parser.expect('', 'an operator or the end')
    _check_past(formula)
    return formula


def tokens(text: str) -> list[Token]:
    """Return the tokens of the text, and one that marks its end."""
    found, place = [], 0
    text = text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            rest = text[place:].lstrip()
            raise RuleError(f'column {len(text) - len(rest) + 1}: unexpected {rest[0]!r}')
        kind = next(k for k in ('number', 'word', 'sign') if match[k] is not None)
        column = match.start(kind) + 1
        found.append(Token(match[kind], kind, column, match['unit'] or ''))
        place = match.end()
    return [*found, Token('', 'end', len(text) + 1)]


def _check_past(formula: Formula) -> None:
    """RuleError when a future operator stands inside a past operator."""
    ahead = {'next', 'weaknext', 'eventually', 'always', 'until', 'release', 'unless'}
    for part in parts(formula):
        if isinstance(part, Unary | Binary) and part.op in PAST:
            inner = {p.op for p in parts(part) if isinstance(p, Unary | Binary)} & ahead
            if inner:
                raise RuleError(f'future operator {min(inner)!r} inside past operator {part.op!r}')


class _Parser:
    def __init__(self, found: list[Token], known: Mapping[str, Predicate]) -> None:
        self.tokens, self.known = found, known
        self.place = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.place]

    @property
    def word(self) -> str:
        """The operator at this position under its long name, or the text itself."""
        return SHORT.get(self.token.text, self.token.text)

    def take(self) -> Token:
        token = self.token
        self.place += 1
        return token

    def fail(self, wanted: str) -> RuleError:
        got = repr(self.token.text) if self.token.text else 'the end'
        return RuleError(f'column {self.token.column}: expected {wanted}, found {got}')

    def expect(self, text: str, wanted: str) -> None:
        if self.token.text != text:
            raise self.fail(wanted)
        self.place += 1

    def binary(self, level: int, depth: int) -> Formula:
        """Parse operators of this level and of every level that binds more tightly."""
        if depth > DEEPEST:
            raise RuleError(f'column {self.token.column}: nested deeper than {DEEPEST}')
        if level == len(LEVELS):
            return self.unary(depth)
        left = self.binary(level + 1, depth)
        while self.word in LEVELS[level]:
            op = self.word
            self.take()
            if op in RIGHT:
                return Binary(op, left, self.binary(level, depth + 1))
            left = Binary(op, left, self.binary(level + 1, depth + 1))
        return left

    def unary(self, depth: int) -> Formula:
        if self.word in UNARY:
            op = self.word
            self.take()
            bound = self.bound() if op in BOUNDED and self.token.text == '[' else None
            if depth > DEEPEST:
                raise RuleError(f'column {self.token.column}: nested deeper than {DEEPEST}')
            return Unary(op, self.unary(depth + 1), bound)
        if self.token.text == '(':
            self.take()
            inner = self.binary(0, depth + 1)
            self.expect(')', "')'")
            return inner
        if self.token.text in ('true', 'false'):
            return Constant(self.take().text == 'true')
        return self.predicate()

    def bound(self) -> int:
        self.take()
        token = self.take()
        if token.kind != 'number' or token.unit or not token.text.isdigit():
            raise RuleError(f'column {token.column}: a bound is a whole number of steps')
        self.expect(']', "']'")
        return int(token.text)

    def predicate(self) -> Formula:
        if self.token.kind != 'word' or self.token.text in RESERVED:
            raise self.fail('a predicate, a comparison or a bracket')
        name = self.token.text
        kind = self.look_up().kind
        if kind == PredicateKind.TRUTH:
            return Atom(name)
        if self.token.text not in COMPARISONS:
            raise self.fail(f'a comparison, because {name} is a number')
        op = self.take().text
        return Compare(name, op, self.other_side(name))

    def other_side(self, left: str) -> str | float:
        unit = self.known[left].unit
        token = self.token
        if token.kind == 'number':
            self.take()
            if token.unit and token.unit != unit:
                raise RuleError(
                    f'column {token.column}: {left} is in {unit or "no unit"}, not {token.unit}'
                )
            return float(token.text)
        if token.kind != 'word' or token.text in RESERVED:
            raise self.fail('a number or a quantity')
        right = self.look_up()
        if right.kind != PredicateKind.NUMBER or right.unit != unit:
            raise RuleError(f'column {token.column}: {left} and {token.text} cannot be compared')
        return token.text

    def look_up(self) -> Predicate:
        """Return the predicate of the next token; RuleError suggests the closest known names."""
        token = self.take()
        if token.text not in self.known:
            near = difflib.get_close_matches(token.text, self.known, 3) or sorted(self.known)[:5]
            raise RuleError(
                f'column {token.column}: no predicate {token.text!r}; near: {", ".join(near)}'
            )
        return self.known[token.text]
