"""The report of a commissioning: text for the terminal, HTML for the lab."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import jinja2
from markupsafe import Markup

from vla_commission.finding import Finding, Status
from vla_commission.state import State
from vla_core.atomic_file import write_atomic
from vla_core.machine import machine
from vla_core.revision import commit

ENGINE = jinja2.Environment(
    loader=jinja2.PackageLoader('vla_commission', '.'),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
)


def summary(findings: list[Finding]) -> str:
    """One line: how many of each status."""
    counts = Counter(finding.status for finding in findings)
    parts = [f'{counts[status]} {status.value}' for status in Status if counts[status]]
    return ', '.join(parts) or 'nothing was checked'


def to_change(findings: list[Finding]) -> list[str]:
    """One line per failed finding or warning: what was measured, and what to change."""
    return [f.line for f in findings if f.status in (Status.FAIL, Status.WARNING)]


def write_report(state: State, titles: dict[str, str], robot: str, path: Path) -> Path:
    """Write the HTML file; return its path."""
    steps = [
        (name, titles[name], state.steps[name].findings,
         [(title, Markup(body)) for title, body in state.steps[name].pictures])
        for name in titles
        if name in state.steps
    ]  # fmt: skip
    findings = [finding for step in steps for finding in step[2]]
    text = ENGINE.get_template('report.html.j2').render(
        robot=robot,
        summary=summary(findings),
        is_good=not any(f.status == Status.FAIL for f in findings),
        steps=steps,
        made=f'{commit() or "no commit"} on {machine()["cpu"]}',
    )
    return write_atomic(path, text)
