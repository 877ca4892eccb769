"""The page of measured results, docs/results.md: one section per result, in Markdown."""

from __future__ import annotations

from typing import Any

from vla_report.qualifications import qualification

HEAD = """# Measured results

Made by `./vla docs` from the files in `docs/results/`; every table names the command that made it.
A bound is compared with the interval end in bold, where there is one, else with the value.
`python_ms`: time of 100,000 additions in plain Python there; as a unit, a multiple of it.
"""
OLD = 'made before python_ms was recorded and before bounds read the interval'  # of a table


def page(results: list[dict[str, Any]]) -> str:
    sections = [section(result) for result in results]
    return '\n'.join([HEAD, *sections]) if sections else HEAD


def section(result: dict[str, Any]) -> str:
    """One result: heading, command and machine, table."""
    machine = result['machine']
    place = f'{machine["cpu"]}, {machine["cores"]} cores, {machine["memory_gb"]} GB'
    speed = f'python_ms {machine["python_ms"]:.3g}' if 'python_ms' in machine else OLD
    rows = [row(figure) for figure in result['figures']]
    limit = qualification(result['name'])
    return '\n'.join(
        [
            f'## {result["name"]}{"" if result["ok"] else " (bounds not met)"}',
            '',
            f'`{result["command"]}` at {result["commit"] or "unknown commit"}, '
            f'{place}, {machine["gpu"] or "no GPU"}, {speed}',
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
