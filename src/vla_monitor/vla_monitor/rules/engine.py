"""Evaluation of the rules for one robot: the state of each automaton, the verdict on an action."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vla_monitor.rules.document import Rule, RuleResponse
from vla_monitor.rules.logic.circuit import EPS, Satisfied, margin
from vla_monitor.rules.logic.three_valued import Truth
from vla_monitor.rules.measures.predicates import IDLE
from vla_monitor.rules.ruleset import RuleSet

SEVERITY = {RuleResponse.SLOW: 1, RuleResponse.HOLD: 2, RuleResponse.STOP: 3}


@dataclass(frozen=True)
class Broken:
    """A rule that the action violates, or (hard rules) whose value is unknown."""

    rule: Rule
    truth: Truth  # FALSE or UNKNOWN

    @property
    def response(self) -> RuleResponse:
        """The rule's response; an unknown value gives HOLD and never latches a stop."""
        is_known = self.truth == Truth.FALSE
        return self.rule.response if is_known else RuleResponse.HOLD


@dataclass(frozen=True)
class Check:
    """Result of evaluating all rules for one step."""

    hard: tuple[Broken, ...]
    weighted: tuple[Broken, ...]  # violated ones, whether or not their circuit denies
    margins: tuple[float, ...]  # of the circuits, in the rule set's order
    denying: tuple[Rule, ...]  # violated weighted rules of circuits below -EPS

    @property
    def allowed(self) -> bool:
        return not self.hard and not self.denying

    @property
    def margin(self) -> float:
        """Lowest circuit margin; 0 without a circuit."""
        return min(self.margins, default=0.0)

    @property
    def response(self) -> RuleResponse | None:
        """The most severe response; None when the action is allowed."""
        due = [broken.response for broken in self.hard]
        due += [rule.response for rule in self.denying]
        return max(due, key=SEVERITY.__getitem__, default=None)

    @property
    def reasons(self) -> tuple[Rule, ...]:
        """The violated rules, most severe first."""
        found = [broken.rule for broken in self.hard] + list(self.denying)
        return tuple(sorted(found, key=lambda rule: -SEVERITY[rule.response]))


class Engine:
    """Evaluates the rules over one robot's task."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self.reset()

    def reset(self) -> None:
        """Start a new trace."""
        self._states = [automaton.start for automaton in self.rules.automata]

    def check(self, values: Mapping[str, Any], commit: bool = False) -> Check:
        """Evaluate this step; with `commit` the automata advance by it."""
        true, unknown = self.rules.letter(values)
        steps = [
            automaton.step(state, true, unknown)
            for automaton, state in zip(self.rules.automata, self._states, strict=True)
        ]
        result = self._judge([truth for _, truth in steps], values)
        if commit:
            self._states = [state for state, _ in steps]
        return result

    def _judge(self, truths: list[Truth], values: Mapping[str, Any]) -> Check:
        hard, weighted = [], []
        for rule, truth in zip(self.rules.rules, truths, strict=True):
            if truth == Truth.TRUE:
                continue
            if rule.is_hard:
                hard.append(Broken(rule, truth))
            elif truth == Truth.FALSE:
                weighted.append(Broken(rule, truth))
        margins, denying = self._margins(truths, values) if weighted else (
            (0.0,) * len(self.rules.circuits), []
        )  # fmt: skip
        return Check(tuple(hard), tuple(weighted), margins, tuple(denying))

    def _margins(
        self, truths: list[Truth], values: Mapping[str, Any]
    ) -> tuple[tuple[float, ...], list[Rule]]:
        true, unknown = self.rules.letter({**values, **IDLE})
        margins, denying = [], []
        for members in self.rules.circuits:
            gains, weights = [], []
            for k in members:
                idle = self.rules.automata[k].step(self._states[k], true, unknown)[1]
                gains.append(Satisfied(truths[k], idle).gain)
                weights.append(self.rules.weights[self.rules.rules[k].id])
            margins.append(margin(weights, gains))
            if margins[-1] < -EPS:
                lost = [k for k, gain in zip(members, gains, strict=True) if gain < 0]
                denying += [self.rules.rules[k] for k in lost]
        return tuple(margins), denying
