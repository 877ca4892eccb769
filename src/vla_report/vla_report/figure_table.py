"""Figures as the lines of a terminal table: value, interval, bound, and whether it is met."""

from __future__ import annotations

import math
from collections.abc import Iterable

from vla_core.interval import wilson
from vla_core.result import Figure, parse

MOST = 100_000  # samples; a bound that needs more is unreachable


def lines(figures: Iterable[Figure], width: int = 56) -> list[str]:
    """One line per figure."""
    return [line(figure, width) for figure in figures]


def line(f: Figure, width: int = 56) -> str:
    has_interval = f.low is not None and f.high is not None
    interval = f'[{f.low:.2f}, {f.high:.2f}]' if has_interval else ''
    count = '' if f.n is None else f'{f.n}'
    text = f'{f.name:{width}}{f.value:8.2f} {f.unit:12} {interval:16}{count:>6}  {verdict(f)}'
    return text.rstrip()


def verdict(f: Figure) -> str:
    """The bound and whether it is met; '' without a bound."""
    if f.bound is None:
        return ''
    if f.ok:
        return f'{f.bound} ok'
    least = needed(f.bound)
    if f.unit.startswith('of ') and f.n is not None and f.gate != 'value' and f.n < least:
        return f'{f.bound} MISSED (n = {f.n} is too small to decide, {least:.0f} are needed)'
    return f'{f.bound} MISSED'


def needed(bound: str) -> float:
    """The smallest n at which the Wilson interval of a share meets the bound when every sample
    does; infinite beyond MOST."""
    compare, limit = parse(bound)
    is_lower = bound.strip().startswith('>')

    def is_met(n: int) -> bool:
        low, high = wilson(n, n) if is_lower else wilson(0, n)
        return bool(compare(low if is_lower else high, limit))

    if not is_met(MOST):
        return math.inf
    below, above = 0, MOST
    while above - below > 1:
        middle = (below + above) // 2
        below, above = (below, middle) if is_met(middle) else (middle, above)
    return above
