"""What a measurement found, in the one form that every measuring command writes: result.json."""

from __future__ import annotations

import hashlib
import json
import math
import operator
import os
import platform
import re
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from vla_core.atomic_file import write_atomic

COMPARE: dict[str, Callable[[float, float], bool]] = {
    '<=': operator.le,
    '>=': operator.ge,
    '<': operator.lt,
    '>': operator.gt,
    '==': operator.eq,
}

HERE = Path(__file__).resolve().parent
STACK = ('src', 'config', 'urdf', 'launch')  # folders whose new files change what the stack does


@dataclass(frozen=True)
class Figure:
    """One measured number and the bound it must keep; `low` and `high` are a 95 % interval."""

    name: str
    value: float
    unit: str = ''
    bound: str | None = None  # such as '<= 2', in `unit`
    n: int | None = None  # how many samples
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if self.bound is not None:
            parse(self.bound)

    @property
    def ok(self) -> bool:
        """True without a bound; a NaN keeps no bound."""
        if self.bound is None:
            return True
        compare, limit = parse(self.bound)
        return bool(math.isfinite(self.value) and compare(self.value, limit))


@dataclass(frozen=True)
class Result:
    """All figures of one command; `ok` when there are any and each keeps its bound."""

    name: str
    command: str
    figures: tuple[Figure, ...] = ()
    commit: str = field(default_factory=lambda: commit())
    machine: dict[str, Any] = field(default_factory=lambda: machine())

    @property
    def ok(self) -> bool:
        return bool(self.figures) and all(figure.ok for figure in self.figures)

    def as_dict(self) -> dict[str, Any]:
        """The content of result.json: numbers that are not finite become null."""
        figures = [
            {k: plain(v) for k, v in asdict(f).items()} | {'ok': f.ok} for f in self.figures
        ]
        head = {'name': self.name, 'command': self.command, 'commit': self.commit}
        return {**head, 'machine': self.machine, 'ok': self.ok, 'figures': figures}

    def write(self, folder: Path) -> Path:
        """Write `folder`/result.json whole or not at all; return its path."""
        text = json.dumps(self.as_dict(), indent=1, ensure_ascii=False) + '\n'
        return write_atomic(folder / 'result.json', text)


def parse(bound: str) -> tuple[Callable[[float, float], bool], float]:
    """The comparison and the limit in a text such as '<= 2'; ValueError for any other."""
    match = re.fullmatch(r'\s*(<=|>=|==|<|>)\s*([-+]?[\d.]+(?:e[-+]?\d+)?)\s*', bound)
    if match is None:
        raise ValueError(f'bound {bound!r} is not one of {", ".join(COMPARE)} and a number')
    return COMPARE[match[1]], float(match[2])


def plain(value: Any) -> Any:
    """A value that JSON can hold: no numpy scalar, and null for what is not finite."""
    if hasattr(value, 'item'):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def wilson(k: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """95 % interval of a rate after k of n successes (Wilson score); (0, 1) when n is 0."""
    if not 0 <= k <= n:
        raise ValueError(f'{k} of {n} is not a count')
    if n == 0:
        return 0.0, 1.0
    rate, zz = k / n, z * z / n
    centre = (rate + zz / 2) / (1 + zz)
    half = z * math.sqrt(rate * (1 - rate) / n + zz / (4 * n)) / (1 + zz)
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    return 0.0 if k == 0 else low, 1.0 if k == n else high  # not 1e-19


def commit() -> str:
    """The checked-out commit, '+changes' behind it when the tree differs, '' outside git."""
    head = git(HERE, 'rev-parse', '--short=12', 'HEAD')
    dirty = git(HERE, 'status', '--porcelain', '--untracked-files=no')
    return head + ('+changes' if head and dirty else '')


def changes(where: Path = HERE) -> str:
    """A short hash of what the tree around `where` holds beyond its commit, new files of the
    stack too; '' when that is nothing, or outside git."""
    top = git(where, 'rev-parse', '--show-toplevel')
    if not top:
        return ''
    found = git(Path(top), 'diff', '--no-ext-diff', '--binary', 'HEAD').encode()
    new = git(Path(top), 'ls-files', '--others', '--exclude-standard', '--', *STACK)
    for path in (Path(top) / name for name in new.splitlines()):
        found += str(path).encode() + (path.read_bytes() if path.is_file() else b'')
    return hashlib.sha256(found).hexdigest()[:8] if found else ''


def git(where: Path, *words: str) -> str:
    try:
        run = subprocess.run(
            ['git', '-C', str(where), *words],
            capture_output=True, encoding='utf-8', errors='replace', timeout=10,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ''
    return run.stdout.strip() if run.returncode == 0 else ''


def machine() -> dict[str, Any]:
    """What it was measured on; `cores` are those this process may use."""
    memory = os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9
    cores = len(os.sched_getaffinity(0))
    return {'cpu': processor(), 'cores': cores, 'memory_gb': round(memory, 1), 'gpu': gpu()}


def processor() -> str:
    info = Path('/proc/cpuinfo')
    text = info.read_text() if info.exists() else ''
    match = re.search(r'^model name\s*:\s*(.+)$', text, re.MULTILINE)
    return match[1].strip() if match else platform.machine()


def gpu() -> str | None:
    """The name of an NVIDIA card, None when there is none."""
    for info in sorted(Path('/proc/driver/nvidia/gpus').glob('*/information')):
        match = re.search(r'^Model:\s*(.+)$', info.read_text(), re.MULTILINE)
        if match:
            return match[1].strip()
    return None
