"""The table of the README, from the results in docs/results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vla_report.qualifications import qualification

BEGIN, END = '<!-- measured: ./vla docs writes this -->', '<!-- measured: end -->'
Figures = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Headline:
    """One line of the table: quantity, command, and a function that summarises its figures."""

    what: str
    command: str
    result: str  # name in docs/results
    summarise: Callable[[Figures], str]


def rates(prefix: str) -> Callable[[Figures], str]:
    """'a 99 %, b 88 %' of the figures whose name begins with `prefix`, with the sample count."""

    def summarise(figures: Figures) -> str:
        own = {
            name.removeprefix(prefix): figure
            for name, figure in figures.items()
            if name.startswith(prefix)
        }
        tried = min((f['n'] or 0 for f in own.values()), default=0)
        return ', '.join(f'{n} {f["value"]:.0%}' for n, f in own.items()) + f' (of {tried} each)'

    return summarise


def bounds(figures: Figures) -> str:
    """'12 of 13 bounds met'."""
    bound = [f for f in figures.values() if f['bound'] is not None]
    return f'{sum(bool(f["ok"]) for f in bound)} of {len(bound)} bounds met'


def missed(figures: Figures) -> str:
    """The bounds that were not met; '' when all were."""
    names = [gated(f) for f in figures.values() if f['bound'] is not None and not f['ok']]
    return f'not met: {"; ".join(names)}' if names else ''


def gated(figure: dict[str, Any]) -> str:
    """The figure's name; with the interval end and the bound where the bound gates that end."""
    gate = figure.get('gate', 'value')  # missing in older results
    if gate == 'value':
        return str(figure['name'])
    end = 'none' if figure[gate] is None else f'{figure[gate]:.4g}'
    return f'{figure["name"]} ({gate} end of the interval {end}, bound {figure["bound"]})'


def ms(name: str, figures: Figures) -> float:
    """A time in ms: beside its ratio to `python_ms`, or in the figure itself in older results."""
    return float(figures.get(f'{name}, ms', figures[name])['value'])


def latency(figures: Figures) -> str:
    p50, p99 = (ms(f'camera to command, {p}', figures) for p in ('p50', 'p99'))
    return f'{p50 / 1e3:.2f} s in the median, {p99 / 1e3:.2f} s at p99; {bounds(figures)}'


def recovered(figures: Figures) -> str:
    """How many killed nodes came back in time, how fast, and what the shield did meanwhile."""
    share = next(f for name, f in figures.items() if ' recovered within ' in name)
    node, _, limit = share['name'].partition(' recovered within ')
    middle, longest = (figures[f'recovery, {name}']['value'] for name in ('median', 'longest'))
    cycle = figures['cycle of the shield, longest']['value']
    back = round(share['value'] * share['n'])
    return (
        f'{node} recovered within {limit} after {back} of {share["n"]} kills ({middle:.1f} s in '
        f'the median, {longest:.1f} s at most); longest cycle of the shield {1e3 * cycle:.0f} ms'
    )


def contacts(figures: Figures) -> str:
    names = ('a joint limit crossed', 'the arm touched itself', 'the arm touched the table')
    ends = [figures[f'shielded: {name}'] for name in names]
    bare = figures['without: the arm touched the table']
    found = round(sum(f['value'] * f['n'] for f in ends))
    return (
        f'{found} limits crossed or contacts in {ends[0]["n"]} rollouts; '
        f'without the shield the arm hits the table in {bare["value"]:.0%}'
    )


def chain(figures: Figures) -> str:
    """Success and unsafe ends with the trust chain off and on: clean and perturbed."""

    def pair(kind: str, what: str) -> str:
        off, on = (figures[f'{kind}, chain {name}: {what}'] for name in ('off', 'on'))
        return f'{what} {off["value"]:.0%} off, {on["value"]:.0%} on'

    kinds = ('clean', 'perturbed')
    text = [f'{kind}: {pair(kind, "success")}, {pair(kind, "unsafe ends")}' for kind in kinds]
    tried = min(f['n'] for name, f in figures.items() if name.startswith(kinds))
    return f'{"; ".join(text)} (of {tried} each)'


def variants(figures: Figures) -> str:
    """Success of each variant of the policy's inputs, all tasks together."""
    end = ': success'
    own = {
        name.removesuffix(end).removeprefix('control, '): figure
        for name, figure in figures.items()
        if name.endswith(end) and ', ' not in name.removesuffix(end).removeprefix('control, ')
    }
    tried = min(f['n'] for f in own.values())
    return ', '.join(f'{n} {f["value"]:.0%}' for n, f in own.items()) + f' (of {tried} each)'


def choosing(figures: Figures) -> str:
    """Gain of ten candidates over one, by checkpoint, and the suites without a gain."""
    end = ', all suites: gain of K=10'
    titles = [name.removesuffix(end) for name in figures if name.endswith(end)]
    return '; '.join(_gain_of(title, figures) for title in titles)


def _gain_of(title: str, figures: Figures) -> str:
    start, end = f'{title}, ', ': gain of K=10'
    suites = {
        name.removeprefix(start).removesuffix(end): figure
        for name, figure in figures.items()
        if name.startswith(start) and name.endswith(end)
    }
    pooled, alone = suites.pop('all suites'), figures[f'{title}, all suites: K=1']
    text = f'{title}: {alone["value"]:.0%} with one candidate, {_points(pooled)} with ten'
    none = [name for name, f in suites.items() if not f['value'] > 0.0]
    vague = [
        name for name, f in suites.items() if f['value'] > 0.0 and not (f['low'] or 0.0) > 0.0
    ]
    if len(none) == len(suites):
        return f'{text}; no gain in any suite'
    text += f'; no gain: {", ".join(none)}' if none else ''
    return text + (f'; within chance: {", ".join(vague)}' if vague else '')


def _points(gain: dict[str, Any]) -> str:
    low, high = gain['low'], gain['high']
    interval = 'no interval' if low is None or high is None else f'{low:.0f} to {high:.0f}'
    interval += f', {gain["n"]} episodes'
    return f'{gain["value"]:+.1f} points ({interval})'


def words(figures: Figures) -> str:
    """Wrong actions and doable sentences done, by list."""
    wrong = [f for name, f in figures.items() if name.count(',') == 0 and 'wrong actions' in name]
    done = {name: f for name, f in figures.items() if name.endswith(': doable and done')}
    text = [
        f'{name.removesuffix(": doable and done")} {f["value"]:.0%} of {f["n"]}'
        for name, f in done.items()
        if ',' not in name
    ]
    acted = round(sum(f['value'] * f['n'] for f in wrong))
    of = sum(f['n'] for f in wrong)
    return f'{acted} wrong actions in {of} sentences; doable and done: {", ".join(text)}'


HEADLINES = (
    Headline(
        'success of the object policy on unseen pairs of colour and shape, and of refusing what '
        'is absent',
        './vla eval', 'eval-tabletop', rates('success '),
    ),
    Headline('the same on the real nodes in real time', './vla eval --graph',
             'eval-tabletop-graph', rates('success ')),
    Headline('success of the shipped policy when its inputs are blanked or replaced',
             './vla bench inputs', 'bench-inputs', variants),
    Headline('camera to command, cycle times, images delivered', './vla bench latency',
             'bench-latency', latency),
    Headline('messages at 100 Hz read and written as bytes, against rclpy', './vla bench wire',
             'bench-wire', bounds),
    Headline('reaction to faults in the running graph', './vla bench faults',
             'bench-faults', bounds),
    Headline('the policy node killed in the running graph, again and again', './vla bench kills',
             'bench-kills', recovered),
    Headline('the shield against random targets of 10 s', './vla bench shield',
             'bench-shield', contacts),
    Headline('another instruction, or a cancel, early, mid and late in a task',
             './vla bench switch', 'bench-switch', bounds),
    Headline('the failure detector against baselines', './vla bench failure',
             'bench-failure', bounds),
    Headline('success when a verifier chooses among K candidates', './vla bench steering',
             'bench-steering', choosing),
    Headline('what the safety rules deny, and should', './vla bench rules', 'bench-rules', bounds),
    Headline('success and unsafe ends with the whole trust chain on and off',
             './vla bench trust', 'bench-trust', chain),
    Headline('seams between late, lost and reordered chunks', './vla bench seams',
             'bench-seams', bounds),
    Headline('grounding against the truth of the simulator', './vla bench grounding',
             'bench-grounding', bounds),
    Headline('sentences: wrong actions, and doable ones that are done', './vla bench words',
             'bench-words', words),
    Headline('odd messages, clocks and listeners: what is documented is what happens',
             './vla bench messages', 'bench-messages', bounds),
    Headline('planted mistakes of a setup that commissioning names', './vla bench commission',
             'bench-commission', bounds),
    Headline("arms whose URDF nobody here wrote, on the tasks that they reach",
             './vla bench arms', 'bench-arms', bounds),
    Headline('a policy on a server that is killed, paused, cut off or late', './vla bench remote',
             'bench-remote', bounds),
    Headline('what the motors get from emulated controllers, against what was certified',
             './vla bench controllers', 'bench-controllers', bounds),
)  # fmt: skip


def table(results: dict[str, dict[str, Any]]) -> str:
    """The table in Markdown; `results` by name."""
    lines = ['| what | command | measured |', '|---|---|---|']
    for line in HEADLINES:
        kept = results.get(line.result)
        text = 'not yet'
        if kept is not None:
            figures = {f['name']: f for f in kept['figures']}
            limit = qualification(line.result)
            text = '; '.join(filter(None, (line.summarise(figures), missed(figures))))
            text += f'. **But** {limit}' if limit else ''
        lines.append(f'| {line.what} | `{line.command}` | {text} |')
    return '\n'.join(lines)


def put_into(text: str, made: str) -> str:
    """Return `text` with the part between the marks replaced; ValueError without marks."""
    head, found, rest = text.partition(BEGIN)
    _, closed, tail = rest.partition(END)
    if not found or not closed:
        raise ValueError(f'no {BEGIN} ... {END}')
    return f'{head}{BEGIN}\n{made}\n{END}{tail}'
