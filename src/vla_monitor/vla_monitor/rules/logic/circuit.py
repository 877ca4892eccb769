"""Weighted rules as a Markov logic network, conditioned on the state that is observed.

Given the state, only the action is free, and P(act) - P(not act) = tanh(D / 2) with
D = sum of theta_r (satisfied when acting - satisfied when not). ShieldAgent, arXiv 2503.22738,
section 3.3, conditioned on the state: normalising over all worlds would shrink the margin with
every unrelated predicate.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vla_monitor.rules.logic.formula import Formula, names
from vla_monitor.rules.logic.three_valued import Truth
from vla_monitor.rules.measures.predicates import PREDICATES

EPS = 0.1  # an action is allowed while the margin is at least -EPS


@dataclass(frozen=True)
class Satisfied:
    """Whether a rule is satisfied with the action, and without it."""

    acting: Truth
    idle: Truth

    @property
    def gain(self) -> int:
        """1: only acting satisfies it; -1: acting violates it; unknown counts as satisfied."""
        return int(self.acting != Truth.FALSE) - int(self.idle != Truth.FALSE)


def margin(weights: Sequence[float], gains: Sequence[int]) -> float:
    """P(act | state) - P(not act | state), in (-1, 1)."""
    return math.tanh(0.5 * sum(w * g for w, g in zip(weights, gains, strict=True)))


def group(formulas: Mapping[str, Formula]) -> tuple[tuple[str, ...], ...]:
    """Return the circuits: ids of rules connected by state predicates; `formulas` by id."""
    circuits: list[tuple[list[str], set[str]]] = []
    for key, formula in formulas.items():
        own = {name for name in names(formula) if not PREDICATES[name].is_action}
        touching = [c for c in circuits if c[1] & own]
        circuits = [c for c in circuits if not c[1] & own]
        ids = [i for c in touching for i in c[0]] + [key]
        circuits.append((ids, own.union(*(c[1] for c in touching))))
    return tuple(tuple(ids) for ids, _ in circuits)
