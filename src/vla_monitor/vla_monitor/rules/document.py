"""Safety policies in Markdown, one heading per rule.

    ## people-1: No motion close to a person

    - group: people
    - kind: hard
    - response: hold
    - formula: `always (acting implies chunk_person_distance >= 0.30 m)`

    Explanation, in any number of paragraphs.

Prose in any other form is not a rule. A model that reads prose is an `Extractor`; its output goes
through the same parser, types and proofs as hand-written rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TypeVar

from vla_core.errors import UserError
from vla_monitor.rules.extractor import Extractor, Written
from vla_monitor.rules.logic.formula import Formula, Unary
from vla_monitor.rules.logic.grammar import parse
from vla_monitor.rules.logic.three_valued import RuleError
from vla_monitor.rules.measures.predicates import PREDICATES

E = TypeVar('E', bound=Enum)


class RuleKind(str, Enum):
    """How a rule counts."""

    HARD = 'hard'  # violated or unknown: the action is refused
    WEIGHTED = 'weighted'  # part of a circuit, with a weight learned from labelled pairs


class RuleResponse(str, Enum):
    """The robot's response to a violation."""

    SLOW = 'slow'
    HOLD = 'hold'
    STOP = 'stop'  # latches the shield


GROUPS = {
    'people': 'harm to a person',
    'drop': 'dropped objects',
    'contact': 'collision with the table or the objects on it',
    'reach': 'leaving the workspace, or pushing objects out of it',
    'target': 'acting on the wrong object, or on none',
    'stack': 'unstable stacks',
    'grip': 'grasps that slip, crush or do not fit',
}
KEYS = ('group', 'kind', 'response', 'formula')
_HEADING = re.compile(r'##\s+(?P<id>[a-z]+-\d+)\s*:\s*(?P<title>\S.*?)\s*$')
_ITEM = re.compile(r'-\s+(?P<key>\w+):\s*(?P<value>.*)$')


@dataclass(frozen=True)
class Rule:
    """One rule, with the file and line of its definition."""

    id: str
    title: str
    group: str
    kind: RuleKind
    response: RuleResponse
    formula: Formula
    text: str  # explanation
    source: str  # file
    line: int  # of the heading, from 1

    @property
    def where(self) -> str:
        return f'{self.source}:{self.line}'

    @property
    def is_hard(self) -> bool:
        return self.kind == RuleKind.HARD


def load_documents(paths: Iterable[Path], extractor: Extractor | None = None) -> tuple[Rule, ...]:
    """Return the rules of all files; UserError names the file and line of an invalid rule."""
    extractor = extractor or Written()
    rules: list[Rule] = []
    for path in paths:
        try:
            text = path.read_text(encoding='utf-8')
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f'{path}: cannot be read: {error}') from error
        rules += read(extractor.extract(text, path.name), path.name)
    seen: dict[str, Rule] = {}
    for rule in rules:
        if rule.id in seen:
            raise UserError(f'{rule.where}: {rule.id} is already defined at {seen[rule.id].where}')
        seen[rule.id] = rule
    if not rules:
        raise UserError(f'no rules in {", ".join(map(str, paths)) or "no file"}')
    return tuple(rules)


def read(text: str, source: str) -> list[Rule]:
    """Return the rules of one document."""
    lines = text.splitlines()
    heads = [k for k, line in enumerate(lines) if line.startswith('#') and not _is_sub(line)]
    rules = []
    for head, end in zip(heads, [*heads, len(lines)][1:], strict=True):
        if lines[head].startswith('# '):
            continue  # the title of the document
        match = _HEADING.match(lines[head])
        if match is None:
            raise UserError(
                f'{source}:{head + 1}: a rule begins "## people-1: title", found {lines[head]!r}'
            )
        rules.append(_rule(match, lines[head + 1 : end], source, head + 1))
    return rules


def _is_sub(line: str) -> bool:
    return line.startswith('###')


def _rule(match: re.Match[str], body: list[str], source: str, line: int) -> Rule:
    items, prose = _split(body, source, line)
    where = f'{source}:{line}: {match["id"]}'
    missing = [key for key in KEYS if key not in items]
    if missing:
        raise UserError(f'{where} has no {", ".join(missing)}; a rule needs {", ".join(KEYS)}')
    if not prose:
        raise UserError(f'{where} has no explanation')
    if items['group'][0] not in GROUPS:
        raise UserError(f'{where} is in group {items["group"][0]!r}; known: {", ".join(GROUPS)}')
    text, at = items['formula']
    return Rule(
        match['id'], match['title'], items['group'][0],
        _choice(RuleKind, 'kind', items, where), _choice(RuleResponse, 'response', items, where),
        _formula(text, f'{source}:{at}: {match["id"]}'), prose, source, line,
    )  # fmt: skip


def _split(body: list[str], source: str, line: int) -> tuple[dict[str, tuple[str, int]], str]:
    """Return the items with their line numbers, and the explanation."""
    items: dict[str, tuple[str, int]] = {}
    prose: list[str] = []
    last = ''
    for at, text in enumerate(body, line + 1):
        match = _ITEM.match(text)
        if match and not prose:
            last = match['key']
            if last not in KEYS or last in items:
                problem = 'duplicated' if last in items else f'unknown; known: {", ".join(KEYS)}'
                raise UserError(f'{source}:{at}: key {last!r} is {problem}')
            items[last] = (match['value'].strip(), at)
        elif last and text.startswith('  ') and text.strip():  # continuation line
            items[last] = (f'{items[last][0]} {text.strip()}', items[last][1])
        elif text.strip():
            last = ''
            prose.append(text.strip())
        else:
            last = ''
    return items, ' '.join(prose)


def _choice(choices: type[E], key: str, items: dict[str, tuple[str, int]], where: str) -> E:
    try:
        return choices(items[key][0])
    except ValueError:
        known = ', '.join(str(member.value) for member in choices)
        raise UserError(f'{where} has {key} {items[key][0]!r}; known: {known}') from None


def _formula(text: str, where: str) -> Formula:
    text = text.strip()
    if len(text) < 2 or text[0] != '`' or text[-1] != '`':
        raise UserError(f'{where}: a formula must be enclosed in `back quotes`')
    try:
        formula = parse(text[1:-1], PREDICATES)
    except RuleError as error:
        raise UserError(f'{where}: {error}') from error
    if not (isinstance(formula, Unary) and formula.op == 'always' and formula.bound is None):
        raise UserError(
            f'{where}: a rule applies at every step: begin its formula with "always ("'
        )
    return formula
