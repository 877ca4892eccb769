"""The report of one episode: a single HTML file that opens anywhere."""

from __future__ import annotations

from pathlib import Path

import jinja2
import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure

from vla_core.atomic_file import write_atomic
from vla_core.result import Result
from vla_report import plots
from vla_report.episode_story import Story
from vla_report.figures import cells

ENGINE = jinja2.Environment(
    loader=jinja2.PackageLoader('vla_report', '.'),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
)
MOST_REASONS = 12


def write_report(story: Story, result: Result, path: Path, video: str) -> None:
    """Write the report; `video` is a file beside it, or ''."""
    phases = story.phases()
    samples = story.latencies()
    text = ENGINE.get_template('report.html.j2').render(
        facts=story.recording.metadata,
        ok=result.ok,
        robot=story.robot.name,
        policy=policy_of(story),
        video=video,
        made=place(result),
        figures=[(f, *cells(f)) for f in result.figures],
        safety=_inline(plots.safety(story.permissions(), story.shield_numbers(), phases)),
        reasons=story.reasons()[:MOST_REASONS],
        tool=_inline(plots.tool(story.tool(), story.gripper(), phases)),
        joints=_inline(plots.joints(story.joints(), story.robot.joint_names, phases)),
        latencies=_inline(plots.latencies(samples)),
        stages=[
            (k, len(v), *np.percentile(v, [50, 95, 99])) for k, v in samples.items() if len(v)
        ],
        recording=story.recording.path.name,
    )
    write_atomic(path, text)


def place(result: Result) -> str:
    """Commit and machine of the run."""
    machine = result.machine
    return f'{result.commit or "no commit"} on {machine["cpu"]}, {machine["cores"]} cores'


def policy_of(story: Story) -> str:
    """Name or checkpoint hash of the policy."""
    names = {item.record.checkpoint for item in story.recording.of('chunk')}
    return ', '.join(sorted(name[:12] for name in names)) or 'none'


def _inline(figure: Figure) -> Markup:
    return Markup(plots.svg(figure))
