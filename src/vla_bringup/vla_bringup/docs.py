"""Renew docs/results.md from the measured results that are kept in docs/results/.

--keep NAME takes out/NAME/result.json in; --check only says whether the page is up to date.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

from vla_bringup.root import ROOT
from vla_core.errors import UserError

KEPT = ROOT / 'docs' / 'results'
PAGE = ROOT / 'docs' / 'results.md'
HEAD = """# Measured results

Made by `./vla docs` from the files in `docs/results/`; every table names the command that made it.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--keep', metavar='NAME', action='append', default=[])
    parser.add_argument('--check', action='store_true', help='exit 1 when the page is stale')


def run(args: argparse.Namespace) -> int:
    for name in args.keep:
        keep(name)
    text = page(sorted(KEPT.glob('*.json')))
    stale = not PAGE.is_file() or PAGE.read_text() != text
    shown = PAGE.relative_to(ROOT)
    if args.check:
        print(f'{shown} is stale: run ./vla docs' if stale else f'{shown} is up to date')
        return int(stale)
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(text)
    print(f'{shown}: {"renewed" if stale else "unchanged"}')
    return 0


def keep(name: str) -> None:
    source = ROOT / 'out' / name / 'result.json'
    if not source.is_file():
        there = sorted(p.parent.name for p in ROOT.glob('out/*/result.json'))
        raise UserError(f'no out/{name}/result.json; there are: {", ".join(there) or "none"}')
    KEPT.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, KEPT / f'{name}.json')


def page(files: list[Path]) -> str:
    sections = [section(json.loads(path.read_text())) for path in files]
    return '\n'.join([HEAD, *sections]) if sections else HEAD


def section(result: dict[str, Any]) -> str:
    """One result as a heading, where it came from, and its table."""
    machine = result['machine']
    place = f'{machine["cpu"]}, {machine["cores"]} cores, {machine["memory_gb"]} GB'
    rows = [row(figure) for figure in result['figures']]
    return '\n'.join(
        [
            f'## {result["name"]}{"" if result["ok"] else " (bounds not met)"}',
            '',
            f'`{result["command"]}` at {result["commit"] or "unknown commit"}, '
            f'{place}, {machine["gpu"] or "no GPU"}',
            '',
            '| figure | value | 95 % interval | n | bound | |',
            '|---|---|---|---|---|---|',
            *rows,
            '',
        ]
    )


def row(figure: dict[str, Any]) -> str:
    low, high = figure['low'], figure['high']
    interval = f'{number(low)} to {number(high)}' if low is not None and high is not None else ''
    verdict = '' if figure['bound'] is None else 'ok' if figure['ok'] else '**no**'
    value = f'{number(figure["value"])} {figure["unit"]}'.strip()
    count = '' if figure['n'] is None else str(figure['n'])
    cells = [figure['name'], value, interval, count, figure['bound'] or '', verdict]
    return f'| {" | ".join(cells)} |'


def number(value: float | None) -> str:
    return 'no number' if value is None else f'{value:.4g}'
