"""Three-valued truth: unknown operands propagate (Kleene's strong logic)."""

from __future__ import annotations

from enum import IntEnum
from math import isnan
from numbers import Real
from typing import Any


class RuleError(Exception):
    """A rule, predicate or value is invalid."""


class Truth(IntEnum):
    """Ordered so that `and` is the minimum and `or` the maximum."""

    FALSE = 0
    UNKNOWN = 1
    TRUE = 2

    def negated(self) -> Truth:
        """Return the negation; UNKNOWN stays UNKNOWN."""
        return Truth(2 - self)


def truth_of(value: Any, name: str) -> Truth:
    """Return the truth of a bool or None (unknown); RuleError for any other type."""
    if value is None:
        return Truth.UNKNOWN
    if isinstance(value, bool) or type(value).__name__ in ('bool_', 'bool'):
        return Truth.TRUE if value else Truth.FALSE
    raise RuleError(f'{name} is {value!r} ({type(value).__name__}), must be True, False or None')


def number_of(value: Any, name: str) -> float | None:
    """Return a real number, or None when the value is None or NaN (unknown)."""
    if value is None:
        return None
    is_truth = isinstance(value, bool) or type(value).__name__ in ('bool_', 'bool')
    if is_truth or not isinstance(value, Real):
        raise RuleError(f'{name} is {value!r} ({type(value).__name__}), must be a number or None')
    return None if isnan(value) else float(value)
