"""The site sheet of a rehearsal, which the lab keeps: JSON and HTML."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path

from vla_commission.motion.rehearsal import RehearsalResult
from vla_commission.report import ENGINE
from vla_core.atomic_file import write_atomic
from vla_core.result import plain
from vla_core.revision import commit


def write_site_sheet(results: list[RehearsalResult], robot: str, folder: Path) -> Path:
    """Write site_sheet.json and site_sheet.html; return the latter."""
    made = datetime.now(timezone.utc).strftime('%Y-%m-%d %H:%M UTC')
    rows = [
        {
            'fault': r.case.fault, 'expected': r.case.reaction, 'bound_s': r.case.bound,
            'outcome': r.outcome, 'measured_s': plain(r.seconds),
            'distance_m': plain(r.distance), 'text': r.text,
        }
        for r in results
    ]  # fmt: skip
    sheet = {'robot': robot, 'made': made, 'commit': commit(), 'rows': rows}
    write_atomic(folder / 'site_sheet.json', json.dumps(sheet, indent=1) + '\n')
    text = ENGINE.get_template('site_sheet.html.j2').render(**sheet)
    return write_atomic(folder / 'site_sheet.html', text)
