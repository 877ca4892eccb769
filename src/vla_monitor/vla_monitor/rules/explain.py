"""Text that explains a violated rule: its id, file and line, and the values of its predicates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vla_monitor.rules.document import Rule
from vla_monitor.rules.logic.formula import Compare, atoms
from vla_monitor.rules.measures.predicates import PREDICATES


def explain(rule: Rule, values: Mapping[str, Any]) -> str:
    """'people-1 (general.md:9): No motion close to a person: chunk_person_distance 0.21 m'."""
    details = {}
    for atom in atoms(rule.formula):
        sides = [atom.left, atom.right] if isinstance(atom, Compare) else [atom.name]
        for name in (side for side in sides if isinstance(side, str)):
            if isinstance(atom, Compare) or values.get(name) is None:
                details[name] = _formatted(name, values.get(name))
    text = ', '.join(details.values())
    return f'{rule.id} ({rule.where}): {rule.title}' + (f': {text}' if text else '')


def _formatted(name: str, value: Any) -> str:
    if value is None:
        return f'{name} is unknown'
    unit = PREDICATES[name].unit
    return f'{name} {value:.3g}' + (f' {unit}' if unit else '')
