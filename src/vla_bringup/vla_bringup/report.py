"""The report of one episode: a single HTML file that opens anywhere."""

from __future__ import annotations

from pathlib import Path

import jinja2
import numpy as np

from vla_bringup import plots
from vla_bringup.story import Story
from vla_core.result import Result

PAGE = jinja2.Template(
    """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{{ facts.instruction }}</title>
<style>
 :root { color-scheme: light; --ink: #1c2530; --dim: #67727f; --line: #e3e7ec; --good: #2f8f57; --bad: #c2273f }
 body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); max-width: 1080px; margin: 2rem auto; padding: 0 1rem }
 h1 { font-size: 1.6rem; margin: 0 } h2 { font-size: 1.1rem; margin: 2.2rem 0 .5rem }
 .verdict { color: {{ 'var(--good)' if ok else 'var(--bad)' }}; font-weight: 600 } .dim { color: var(--dim) }
 table { border-collapse: collapse; width: 100% } td, th { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid var(--line) }
 td.n { text-align: right; font-variant-numeric: tabular-nums } video, svg { width: 100%; height: auto; border-radius: 6px }
</style>
<h1>“{{ facts.instruction }}”</h1>
<p><span class="verdict">{{ facts.code }}</span> {{ facts.text }}<br>
<span class="dim">task {{ facts.task_id }}, seed {{ facts.seed }}, {{ facts.attempts }} attempt(s), robot {{ robot }},
policy {{ policy }}</span></p>
{% if video %}<video src="{{ video }}" controls muted autoplay loop playsinline></video>{% endif %}
<h2>Numbers</h2>
<table><tr><th>what</th><th>value</th><th>unit</th><th>bound</th><th></th></tr>
{% for f in figures %}<tr><td>{{ f.name }}</td><td class="n">{{ '%.4g' % f.value }}</td><td>{{ f.unit }}</td><td>{{ f.bound or '' }}</td>
<td>{{ '' if f.ok is none or not f.bound else ('ok' if f.ok else 'MISSED') }}</td></tr>{% endfor %}</table>
<h2>Who allowed what, and what the shield decided</h2>{{ safety }}
{% if reasons %}<table><tr><th>from, s</th><th>to, s</th><th>the shield said</th></tr>
{% for a, b, text in reasons %}<tr><td class="n">{{ '%.2f' % a }}</td><td class="n">{{ '%.2f' % b }}</td><td>{{ text }}</td></tr>{% endfor %}</table>
{% else %}<p class="dim">The shield changed nothing.</p>{% endif %}
<h2>The tool</h2>{{ tool }}
<h2>Joints: proposed, filtered, measured</h2>{{ joints }}
<h2>Latencies</h2>{{ latencies }}
<table><tr><th>stage</th><th>n</th><th>p50, ms</th><th>p95, ms</th><th>p99, ms</th></tr>
{% for name, n, a, b, c in stages %}<tr><td>{{ name }}</td><td class="n">{{ n }}</td>{% for v in (a, b, c) %}<td class="n">{{ '%.1f' % v }}</td>{% endfor %}</tr>
{% endfor %}</table>
<p class="dim">The recording itself: {{ recording }} (Foxglove and <code>ros2 bag</code> read it).</p>
</html>
""",
    autoescape=jinja2.select_autoescape(default=True),
)
MOST_REASONS = 25


def write_report(story: Story, result: Result, path: Path, video: str) -> None:
    """Write the report; `video` is a file beside it, or ''."""
    phases = story.phases()
    samples = story.latencies()
    reasons = sorted(story.reasons(), key=lambda row: row[0] - row[1])[:MOST_REASONS]
    text = PAGE.render(
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
        stages=[(k, len(v), *np.percentile(v, [50, 95, 99])) for k, v in samples.items() if len(v)],
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
    return jinja2.utils.markupsafe.Markup(plots.svg(figure))  # noqa: S704 - our own drawing
