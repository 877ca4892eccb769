"""The figures of a measurement and their bounds, as every measuring command writes them."""

from __future__ import annotations

import json
import math
import operator
import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vla_core.atomic_file import write_atomic
from vla_core.interval import Statistic, bootstrap, mean, wilson
from vla_core.machine import machine, python_ms
from vla_core.revision import commit

COMPARE: dict[str, Callable[[float, float], bool]] = {
    '<=': operator.le,
    '>=': operator.ge,
    '<': operator.lt,
    '>': operator.gt,
    '==': operator.eq,
}
GATES = ('low', 'high', 'value')  # the numbers of a figure that its bound can be compared with


@dataclass(frozen=True)
class Figure:
    """One measured number, its 95 % interval, and the bound it must meet."""

    name: str
    value: float
    unit: str = ''
    bound: str | None = None  # such as '<= 2', in `unit`
    n: int | None = None  # number of samples
    low: float | None = None  # lower end of the interval
    high: float | None = None
    gate: str = 'value'  # which of GATES the bound is compared with

    def __post_init__(self) -> None:
        if self.bound is not None:
            parse(self.bound)
        if self.gate not in GATES:
            raise ValueError(f'gate {self.gate!r} is not one of {", ".join(GATES)}')

    @property
    def ok(self) -> bool:
        """True without a bound, or when the gated number meets it; a missing number or NaN does
        not."""
        if self.bound is None:
            return True
        compare, limit = parse(self.bound)
        gated: float | None = getattr(self, self.gate)
        return gated is not None and bool(math.isfinite(gated) and compare(gated, limit))


@dataclass(frozen=True)
class Result:
    """All figures of one command; `ok` when there are any and each meets its bound."""

    name: str
    command: str
    figures: tuple[Figure, ...] = ()
    commit: str = field(default_factory=lambda: commit())
    machine: dict[str, Any] = field(default_factory=lambda: machine())

    @property
    def ok(self) -> bool:
        return bool(self.figures) and all(figure.ok for figure in self.figures)

    def as_dict(self) -> dict[str, Any]:
        """The content of result.json; numbers that are not finite become null."""
        figures = [
            {k: plain(v) for k, v in asdict(f).items()} | {'ok': f.ok} for f in self.figures
        ]
        head = {'name': self.name, 'command': self.command, 'commit': self.commit}
        return {**head, 'machine': self.machine, 'ok': self.ok, 'figures': figures}

    def write(self, folder: Path) -> Path:
        """Write `folder`/result.json atomically; return its path."""
        text = json.dumps(self.as_dict(), indent=1, ensure_ascii=False) + '\n'
        return write_atomic(folder / 'result.json', text)


def share(
    name: str, k: int, n: int, bound: str | None = None, unit: str = 'of episodes'
) -> Figure:
    """The share k of n with its Wilson interval; the bound gates the interval's worse end."""
    low, high = wilson(k, n)
    value = k / n if n else math.nan
    return Figure(name, value, unit, bound, n, low, high, worse_end(bound))


def clustered(
    name: str,
    values: Sequence[float] | np.ndarray,
    clusters: Sequence[Hashable],
    bound: str | None = None,
    unit: str = '',
    statistic: Statistic = mean,
    seed: int = 0,
    draws: int = 2000,
) -> Figure:
    """`statistic` of the values with a bootstrap interval over whole clusters, gated as a share.

    Without values or with a single cluster there is no interval, so no inequality is met.
    """
    rows = np.asarray(values, float)
    interval = bootstrap(rows, clusters, statistic, seed, draws)
    low, high = interval if interval is not None else (None, None)
    value = statistic(rows) if len(rows) else math.nan
    return Figure(name, value, unit, bound, len(rows), low, high, worse_end(bound))


def time_ratio(
    name: str, ms: float, bound: str | None, n: int | None = None, python: float | None = None
) -> tuple[Figure, Figure]:
    """A time as a multiple of `python_ms`, which has the bound, and the same time in ms."""
    ratio = ms / (python_ms() if python is None else python)
    return Figure(name, ratio, 'python_ms', bound, n), Figure(f'{name}, ms', ms, 'ms', None, n)


def worse_end(bound: str | None) -> str:
    """The gate of an interval: 'low' for a lower bound, 'high' for an upper, else 'value'."""
    sign = (bound or '').strip()[:1]
    return {'>': 'low', '<': 'high'}.get(sign, 'value')


def parse(bound: str) -> tuple[Callable[[float, float], bool], float]:
    """The comparison and the limit in a text such as '<= 2'; ValueError for any other."""
    match = re.fullmatch(r'\s*(<=|>=|==|<|>)\s*([-+]?[\d.]+(?:e[-+]?\d+)?)\s*', bound)
    if match is None:
        raise ValueError(f'bound {bound!r} is not one of {", ".join(COMPARE)} and a number')
    return COMPARE[match[1]], float(match[2])


def plain(value: Any) -> Any:
    """The value in JSON types: no numpy scalar, and null for what is not finite."""
    if hasattr(value, 'item'):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
