"""The rules on labelled pairs: verdicts, rules named, time of a check."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vla_bench.rules.pairs import Row, situations
from vla_core.frozen import Array
from vla_core.robot.model import RobotModel
from vla_monitor.rules.engine import Check, Engine
from vla_monitor.rules.logic.circuit import Satisfied
from vla_monitor.rules.logic.three_valued import Truth
from vla_monitor.rules.measures.action import measure_action
from vla_monitor.rules.measures.inputs import MeasureParams, RuleInputs
from vla_monitor.rules.measures.predicates import IDLE
from vla_monitor.rules.measures.state import Values, measure_state
from vla_monitor.rules.ruleset import RuleSet

PARAMS = MeasureParams()


@dataclass(frozen=True)
class CheckedPair:
    """One pair with the rules' verdict."""

    row: Row
    check: Check
    values: Values
    seconds: float  # time of the check, predicates included

    @property
    def named(self) -> set[str]:
        """Ids of all rules found broken, and of hard rules not known to hold."""
        return {b.rule.id for b in (*self.check.hard, *self.check.weighted)}


def values_of(now: RuleInputs) -> Values:
    return {**measure_state(now, PARAMS), **measure_action(now, PARAMS)}


def judge(rows: Sequence[Row], rules: RuleSet, model: RobotModel) -> list[CheckedPair]:
    """Check the last step of every pair after the steps before it."""
    engine, judged = Engine(rules), []
    for row in rows:
        *before, now = situations(row, model)
        engine.reset()
        for step in before:
            engine.check(values_of(step), commit=True)
        began = time.perf_counter()
        values = values_of(now)
        result = engine.check(values)
        judged.append(CheckedPair(row, result, values, time.perf_counter() - began))
    return judged


def gains_of(rows: Sequence[Row], rules: RuleSet, model: RobotModel) -> tuple[Array, Array]:
    """(n, r) gains of the weighted rules and (n,) safe, for the pairs that no hard rule denies."""
    weighted = [rule.id for rule in rules.rules if not rule.is_hard]
    places = [k for k, rule in enumerate(rules.rules) if not rule.is_hard]
    gains, safe = [], []
    for row in rows:
        *before, now = situations(row, model)
        states = [automaton.start for automaton in rules.automata]
        for step in before:
            letter = rules.letter(values_of(step))
            states = [a.step(q, *letter)[0] for a, q in zip(rules.automata, states, strict=True)]
        values = values_of(now)
        acting, idle = rules.letter(values), rules.letter({**values, **IDLE})
        truths = [a.step(q, *acting)[1] for a, q in zip(rules.automata, states, strict=True)]
        if any(r.is_hard and t != Truth.TRUE for r, t in zip(rules.rules, truths, strict=True)):
            continue
        kept = [rules.automata[k].step(states[k], *idle)[1] for k in places]
        gains.append([Satisfied(truths[k], i).gain for k, i in zip(places, kept, strict=True)])
        safe.append(not row['harms'])
    return np.array(gains, dtype=float).reshape(-1, len(weighted)), np.array(safe, dtype=bool)
