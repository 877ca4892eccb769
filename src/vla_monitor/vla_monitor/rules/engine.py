"""One run of the rules beside a robot: where each automaton stands, what an action would do."""

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
    """A rule that the action breaks, or (hard rules) cannot be shown to keep."""

    rule: Rule
    truth: Truth  # FALSE or UNKNOWN

    @property
    def response(self) -> RuleResponse:
        """Of the rule; what is only not known holds and does not latch a stop."""
        is_known = self.truth == Truth.FALSE
        return self.rule.response if is_known else RuleResponse.HOLD


@dataclass(frozen=True)
class Check:
    """What the rules say of one step."""

    hard: tuple[Broken, ...]
    weighted: tuple[Broken, ...]  # broken ones, whether or not their circuit minds
    margins: tuple[float, ...]  # of the circuits, in the rule set's order
    minding: tuple[Rule, ...]  # broken weighted rules of circuits below -EPS

    @property
    def allowed(self) -> bool:
        return not self.hard and not self.minding

    @property
    def margin(self) -> float:
        """Of the worst circuit; 0 without one."""
        return min(self.margins, default=0.0)

    @property
    def response(self) -> RuleResponse | None:
        """The most severe that is due; None when the action is allowed."""
        due = [broken.response for broken in self.hard]
        due += [rule.response for rule in self.minding]
        return max(due, key=SEVERITY.__getitem__, default=None)

    @property
    def reasons(self) -> tuple[Rule, ...]:
        """The rules to name, the most severe first."""
        found = [broken.rule for broken in self.hard] + list(self.minding)
        return tuple(sorted(found, key=lambda rule: -SEVERITY[rule.response]))


class Engine:
    """Follows one robot through one task."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self.reset()

    def reset(self) -> None:
        """Begin a new trace."""
        self._states = [automaton.start for automaton in self.rules.automata]

    def check(self, values: Mapping[str, Any], commit: bool = False) -> Check:
        """What this step would mean; with `commit` it becomes part of the trace."""
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
        margins, minding = self._margins(truths, values) if weighted else (
            (0.0,) * len(self.rules.circuits), []
        )  # fmt: skip
        return Check(tuple(hard), tuple(weighted), margins, tuple(minding))

    def _margins(
        self, truths: list[Truth], values: Mapping[str, Any]
    ) -> tuple[tuple[float, ...], list[Rule]]:
        true, unknown = self.rules.letter({**values, **IDLE})
        margins, minding = [], []
        for members in self.rules.circuits:
            gains, weights = [], []
            for k in members:
                idle = self.rules.automata[k].step(self._states[k], true, unknown)[1]
                gains.append(Satisfied(truths[k], idle).gain)
                weights.append(self.rules.weights[self.rules.rules[k].id])
            margins.append(margin(weights, gains))
            if margins[-1] < -EPS:
                lost = [k for k, gain in zip(members, gains, strict=True) if gain < 0]
                minding += [self.rules.rules[k] for k in lost]
        return tuple(margins), minding
