"""Update docs/results.md, and the table in README.md, from the results in docs/results/.

--keep NAME adds out/NAME/result.json; --check only reports whether both are up to date.
"""

from __future__ import annotations

import argparse
import json
import shutil
from typing import Any

from vla_bringup.checkout.root import ROOT
from vla_core.atomic_file import write_atomic
from vla_core.errors import UserError
from vla_report import headlines
from vla_report.qualifications import qualification

KEPT = ROOT / 'docs' / 'results'
PAGE = ROOT / 'docs' / 'results.md'
README = ROOT / 'README.md'
HEAD = """# Measured results

Made by `./vla docs` from the files in `docs/results/`; every table names the command that made it.
A bound is compared with the interval end in bold, where there is one, else with the value.
`python_ms`: time of 100,000 additions in plain Python there; as a unit, a multiple of it.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--keep', metavar='NAME', action='append', default=[])
    parser.add_argument('--check', action='store_true', help='exit 1 when the page is stale')


def run(args: argparse.Namespace) -> int:
    for name in args.keep:
        keep(name)
    results = [json.loads(path.read_text()) for path in sorted(KEPT.glob('*.json'))]
    table = headlines.table({result['name']: result for result in results})
    made = {PAGE: page(results), README: headlines.put_into(README.read_text(), table)}
    stale = [p for p, text in made.items() if not p.is_file() or p.read_text() != text]
    for path, text in made.items():
        shown, is_stale = path.relative_to(ROOT), path in stale
        if args.check:
            print(f'{shown} is stale: run ./vla docs' if is_stale else f'{shown} is up to date')
            continue
        write_atomic(path, text)
        print(f'{shown}: {"updated" if is_stale else "unchanged"}')
    return int(args.check and bool(stale))


def keep(name: str) -> None:
    source = ROOT / 'out' / name / 'result.json'
    if not source.is_file():
        there = sorted(p.parent.name for p in ROOT.glob('out/*/result.json'))
        raise UserError(f'no out/{name}/result.json; existing: {", ".join(there) or "none"}')
    KEPT.mkdir(parents=True, exist_ok=True)
    own = json.loads(source.read_text())['name']  # a first call has a name of its own
    shutil.copyfile(source, KEPT / f'{own}.json')


def page(results: list[dict[str, Any]]) -> str:
    sections = [section(result) for result in results]
    return '\n'.join([HEAD, *sections]) if sections else HEAD


def section(result: dict[str, Any]) -> str:
    """One result: heading, command and machine, table."""
    machine = result['machine']
    place = f'{machine["cpu"]}, {machine["cores"]} cores, {machine["memory_gb"]} GB'
    speed = f', python_ms {machine["python_ms"]:.3g}' if 'python_ms' in machine else ''
    rows = [row(figure) for figure in result['figures']]
    limit = qualification(result['name'])
    return '\n'.join(
        [
            f'## {result["name"]}{"" if result["ok"] else " (bounds not met)"}',
            '',
            f'`{result["command"]}` at {result["commit"] or "unknown commit"}, '
            f'{place}, {machine["gpu"] or "no GPU"}{speed}',
            '',
            *([f'What this does not show: {limit}.', ''] if limit else []),
            '| figure | value | 95 % interval | n | bound | |',
            '|---|---|---|---|---|---|',
            *rows,
            '',
        ]
    )


def row(figure: dict[str, Any]) -> str:
    verdict = '' if figure['bound'] is None else 'ok' if figure['ok'] else '**no**'
    value = f'{number(figure["value"])} {figure["unit"]}'.strip()
    count = '' if figure['n'] is None else str(figure['n'])
    cells = [figure['name'], value, interval(figure), count, figure['bound'] or '', verdict]
    return f'| {" | ".join(cells)} |'


def interval(figure: dict[str, Any]) -> str:
    """'low to high', with the gated end in bold; '' without an interval."""
    if figure['low'] is None or figure['high'] is None:
        return ''
    gate = figure.get('gate', 'value')  # missing in older results
    ends = (
        f'**{number(figure[end])}**' if gate == end else number(figure[end])
        for end in ('low', 'high')
    )
    return ' to '.join(ends)


def number(value: float | None) -> str:
    return 'no number' if value is None else f'{round(value, 12):.4g}'
