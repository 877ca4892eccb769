"""The report of one episode: a single HTML file that opens anywhere."""

from __future__ import annotations

from pathlib import Path

import jinja2
import numpy as np

from vla_bringup import plots
from vla_bringup.story import Story
from vla_core.result import Result

ENGINE = jinja2.Environment(
    loader=jinja2.PackageLoader('vla_bringup', '.'), autoescape=True, undefined=jinja2.StrictUndefined
)
MOST_REASONS = 25


def write_report(story: Story, result: Result, path: Path, video: str) -> None:
    """Write the report; `video` is a file beside it, or ''."""
    phases = story.phases()
    samples = story.latencies()
    reasons = sorted(story.reasons(), key=lambda row: row[0] - row[1])[:MOST_REASONS]
    text = ENGINE.get_template('report.html.j2').render(
        facts=story.recording.facts,
        ok=result.ok,
        robot=story.robot.name,
        policy=policy_of(story),
        video=video,
        figures=result.figures,
        safety=_inline(plots.safety(story.votes(), story.decisions(), story.shield_numbers())),
        reasons=sorted(reasons),
        tool=_inline(plots.tool(story.tool(), story.gripper(), phases)),
        joints=_inline(plots.joints(story.joints(), story.robot.joint_names, phases)),
        latencies=_inline(plots.latencies(samples)),
        stages=[
            (k, len(v), *np.percentile(v, [50, 95, 99])) for k, v in samples.items() if len(v)
        ],
        recording=story.recording.path.name,
    )
    partial = path.with_name(path.name + '.partial')
    partial.write_text(text, encoding='utf-8')
    partial.rename(path)


def policy_of(story: Story) -> str:
    """Name or hash of what proposed the chunks."""
    names = {said.record.checkpoint for said in story.recording.of('chunk')}
    return ', '.join(sorted(name[:12] for name in names)) or 'none'


def _inline(figure) -> object:  # type: ignore[no-untyped-def]
    return jinja2.utils.markupsafe.Markup(plots.svg(figure))
