"""The compiled rule set: numbered atoms, automata, circuits, weights. Immutable."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vla_core.atomic_file import write_atomic
from vla_core.errors import UserError
from vla_core.params import load_yaml
from vla_core.stack_root import stack_root
from vla_monitor.rules.document import Rule, load_documents
from vla_monitor.rules.extractor import Extractor
from vla_monitor.rules.logic import circuit
from vla_monitor.rules.logic.automaton import Automaton
from vla_monitor.rules.logic.formula import Atom, Compare, atoms, names, text_of
from vla_monitor.rules.logic.semantics import value_of
from vla_monitor.rules.logic.three_valued import Truth
from vla_monitor.rules.measures.predicates import PREDICATES

FOLDER = 'config/rules'
WEIGHTS = 'weights.yaml'


@dataclass(frozen=True)
class RuleSet:
    """`automata[k]` runs `rules[k]`; `circuits` hold indices of `rules`; `weights` are by id."""

    rules: tuple[Rule, ...]
    atoms: tuple[Atom | Compare, ...]  # bit k of a letter is atoms[k]
    automata: tuple[Automaton, ...]
    circuits: tuple[tuple[int, ...], ...]
    weights: Mapping[str, float]

    def letter(self, values: Mapping[str, Any]) -> tuple[int, int]:
        """Return the bit masks of the true and of the unknown atoms under these values."""
        true = unknown = 0
        for bit, atom in enumerate(self.atoms):
            value = value_of(atom, values)
            if value == Truth.TRUE:
                true |= 1 << bit
            elif value == Truth.UNKNOWN:
                unknown |= 1 << bit
        return true, unknown

    def rule(self, key: str) -> Rule:
        """Return the rule with that id."""
        return next(rule for rule in self.rules if rule.id == key)


def compile_rules(rules: Iterable[Rule], weights: Mapping[str, float]) -> RuleSet:
    """Compile the rules; UserError for a weighted rule whose weight has no effect."""
    rules = tuple(rules)
    weighted = {rule.id: rule for rule in rules if not rule.is_hard}
    for rule in weighted.values():
        if not any(PREDICATES[name].is_action for name in names(rule.formula)):
            raise UserError(
                f'{rule.where}: {rule.id} is weighted but has no action predicate, so its '
                'weight has no effect'
            )
    wrong = set(weighted) ^ set(weights)
    if wrong:
        raise UserError(
            f'weights do not match the rules ({", ".join(sorted(wrong))}): run ./vla rules learn'
        )
    found = tuple(dict.fromkeys(atom for rule in rules for atom in atoms(rule.formula)))
    bits = {atom: bit for bit, atom in enumerate(found)}
    automata = tuple(Automaton(rule.formula, bits, forgives=True) for rule in rules)
    place = {rule.id: k for k, rule in enumerate(rules)}
    circuits = circuit.group({key: rule.formula for key, rule in weighted.items()})
    numbered = tuple(tuple(place[key] for key in ids) for ids in circuits)
    return RuleSet(rules, found, automata, numbered, dict(weights))


def load_rules(folder: str | Path = '', extractor: Extractor | None = None) -> RuleSet:
    """Load the rules of every Markdown file in the folder (default: config/rules), and weights."""
    folder = Path(folder or stack_root() / FOLDER)
    paths = sorted(folder.glob('*.md'))
    if not paths:
        raise UserError(f'{folder} contains no rules (*.md)')
    rules = load_documents(paths, extractor)
    return compile_rules(rules, load_weights(folder / WEIGHTS, rules))


def load_weights(path: Path, rules: Iterable[Rule]) -> dict[str, float]:
    """Return the learned weights; UserError when they were learned for other rules."""
    if not path.is_file():
        raise UserError(f'{path} does not exist: run ./vla rules learn')
    content = load_yaml(path)
    if not isinstance(content, dict) or set(content) != {'rules', 'weights'}:
        raise UserError(f'{path}: must have the keys rules and weights')
    if content['rules'] != fingerprint(rules):
        raise UserError(f'{path}: the weighted rules have changed: run ./vla rules learn')
    weights = {str(key): float(value) for key, value in content['weights'].items()}
    bad = [key for key, value in weights.items() if not 0.0 <= value <= 100.0]
    if bad:
        raise UserError(f'{path}: weight of {bad[0]} is {weights[bad[0]]}, not in [0, 100]')
    return weights


def save_weights(path: Path, rules: Iterable[Rule], weights: Mapping[str, float]) -> None:
    """Write the weights atomically."""
    text = '# Made by ./vla rules learn; belongs to the weighted rules beside it.\n'
    text += f'rules: {fingerprint(rules)!r}\nweights:\n'
    text += ''.join(f'  {key}: {float(value):.4f}\n' for key, value in weights.items())
    write_atomic(path, text)


def fingerprint(rules: Iterable[Rule]) -> str:
    """Return a hash of the ids and formulas of the weighted rules, on which the weights depend."""
    lines = sorted(f'{rule.id} {text_of(rule.formula)}' for rule in rules if not rule.is_hard)
    return hashlib.sha256('\n'.join(lines).encode()).hexdigest()[:16]
