"""The few numbers that the README shows, taken from the kept results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

BEGIN, END = '<!-- measured: ./vla docs writes this -->', '<!-- measured: end -->'
Figures = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Headline:
    """One line of the table: what, by which command, and how to say it in numbers."""

    what: str
    command: str
    result: str  # name in docs/results
    say: Callable[[Figures], str]


def rates(prefix: str) -> Callable[[Figures], str]:
    """'a 99 %, b 88 %' of the figures whose name begins so, with how many were tried."""

    def say(figures: Figures) -> str:
        own = {
            name.removeprefix(prefix): figure
            for name, figure in figures.items()
            if name.startswith(prefix)
        }
        tried = min((f['n'] or 0 for f in own.values()), default=0)
        return ', '.join(f'{n} {f["value"]:.0%}' for n, f in own.items()) + f' (of {tried} each)'

    return say


def bounds(figures: Figures) -> str:
    """'12 of 13 bounds met', and which were not."""
    bound = [f for f in figures.values() if f['bound'] is not None]
    missed = [f['name'] for f in bound if not f['ok']]
    words = f'{len(bound) - len(missed)} of {len(bound)} bounds met'
    return words + (f'; not: {"; ".join(missed)}' if missed else '')


def latency(figures: Figures) -> str:
    p50, p99 = (figures[f'camera to command, {p}']['value'] for p in ('p50', 'p99'))
    return f'{p50 / 1e3:.2f} s in the median, {p99 / 1e3:.2f} s at p99; {bounds(figures)}'


def contacts(figures: Figures) -> str:
    names = ('a joint limit crossed', 'the arm touched itself', 'the arm touched the table')
    ends = [figures[f'shielded: {name}'] for name in names]
    bare = figures['without: the arm touched the table']
    found = round(sum(f['value'] * f['n'] for f in ends))
    return (
        f'{found} limits crossed or contacts in {ends[0]["n"]} rollouts; '
        f'without the shield the arm hits the table in {bare["value"]:.0%}'
    )


HEADLINES = (
    Headline(
        'success on unseen things and words; of refusing what is absent',
        './vla eval', 'eval-tabletop', rates('success '),
    ),
    Headline('the same on the real nodes in real time', './vla eval --graph',
             'eval-tabletop-graph', rates('success ')),
    Headline('camera to command, cycle times, images delivered', './vla bench latency',
             'bench-latency', latency),
    Headline('messages at 100 Hz read and written as bytes, against rclpy', './vla bench wire',
             'bench-wire', bounds),
    Headline('reaction to faults in the running graph', './vla bench faults',
             'bench-faults', bounds),
    Headline('the shield against random targets of 10 s', './vla bench shield',
             'bench-shield', contacts),
    Headline('another instruction, or a cancel, early, mid and late in a task',
             './vla bench switch', 'bench-switch', bounds),
    Headline('the failure detector against baselines', './vla bench failure',
             'bench-failure', bounds),
    Headline('success when a verifier chooses among K candidates', './vla bench steering',
             'bench-steering', bounds),
    Headline('what the safety rules deny, and should', './vla bench rules', 'bench-rules', bounds),
    Headline('success and unsafe ends with the whole trust chain on and off',
             './vla bench trust', 'bench-trust', bounds),
    Headline('seams between late, lost and reordered chunks', './vla bench seams',
             'bench-seams', bounds),
    Headline('grounding against the truth of the simulator', './vla bench grounding',
             'bench-grounding', bounds),
)  # fmt: skip


def table(results: dict[str, dict[str, Any]]) -> str:
    """The table in Markdown; `results` by name."""
    lines = ['| what | command | measured |', '|---|---|---|']
    for line in HEADLINES:
        kept = results.get(line.result)
        said = 'not yet'
        if kept is not None:
            said = line.say({f['name']: f for f in kept['figures']})
        lines.append(f'| {line.what} | `{line.command}` | {said} |')
    return '\n'.join(lines)


def put_into(text: str, made: str) -> str:
    """Return `text` with what stands between the marks replaced; ValueError without marks."""
    head, found, rest = text.partition(BEGIN)
    _, closed, tail = rest.partition(END)
    if not found or not closed:
        raise ValueError(f'no {BEGIN} ... {END}')
    return f'{head}{BEGIN}\n{made}\n{END}{tail}'
