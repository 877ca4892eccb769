"""`./vla bench faults`: faults injected into the running graph; how the arm reacts, and how fast.

Times are taken by one process on its steady clock: from the message or call that causes the fault
to the arrival in DDS of the command, report or state that answers it; between stamps for scenes
and for messages that the proxy corrupts. They include transport and up to one cycle, 10 ms, for
which a message waits. Bounds are explained in `bounds.py`; the control is `./vla test unguarded`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vla_bench.faults.bounds import ReactionBounds
from vla_bench.faults.catalogue import FAULTS, LEFT_OUT, FaultCase, FaultSetup
from vla_bench.faults.features import checkpoint_of, unfit
from vla_bench.faults.rig import NAN, FaultRig
from vla_bringup.graph.domain import choose_domain
from vla_bringup.graph.session import GraphSession, SessionPlan, nodes_of
from vla_core.arguments import number
from vla_core.atomic_file import write_atomic
from vla_core.errors import UserError
from vla_core.result import Figure, Result
from vla_core.revision import commit
from vla_core.robot.config import load_robot
from vla_lockstep.campaign import command_line
from vla_lockstep.row_log import MADE_BY, made_by
from vla_report.terminal import Screen

PROXY = {FaultSetup.PROXIED: 'target,votes,chunk', FaultSetup.LEARNED: 'features'}
CORRUPTED: dict[FaultSetup, dict[str, tuple[str, ...]]] = {
    FaultSetup.PROXIED: {
        'shield': ('-r', 'target:=target/spoilt', '-r', 'votes:=votes/spoilt'),
        'control': ('-r', 'chunk:=chunk/spoilt'),
    },
    FaultSetup.LEARNED: {'failure': ('-r', 'features:=features/spoilt')},
}  # readers of the proxy's output, remapped
SIM_TIME = ('-p', 'use_sim_time:=true')
Show = Callable[[Figure], None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add('--only', default='', help=f'some of {",".join(FAULTS)} (default: all)')
    add('--resume', action='store_true', help='keep the results of this commit')
    add('--merge', action='store_true', help='the whole table from the results so far')
    add(
        '--factor',
        type=number(0.1, 100.0),
        default=1.0,
        help='of every bound, for a machine under load',
    )
    add('--policy', default='scripted', help='scripted or a checkpoint folder')
    add('--robot', default='ur5e', help='name in config/robots (default %(default)s)')
    add('--seed', type=int, default=7, help='of the scene (default %(default)s)')
    add('--out', type=Path, default=Path('out/bench-faults'), help='folder (default %(default)s)')


def run(args: argparse.Namespace) -> int:
    chosen = choice(args.only)
    choose_domain()  # also for the processes started beside the graph
    key = f'{args.policy} {args.robot} x{args.factor:g}'
    parts = PartialResults(args.out.resolve() / 'parts', key, made_by(checkpoint_of(args.policy)))
    with Screen() as screen:

        def show(figure: Figure) -> None:
            limit = f', must be {figure.bound}' if figure.bound else ''
            value = f': {figure.value:.4g} {figure.unit}' if figure.value == figure.value else ''
            screen.line(f'{figure.name}{value}{limit}', '' if figure.ok else 'bold red')

        todo = [] if args.merge else chosen
        todo = [name for name in todo if not (args.resume and parts.has(name))]
        for group in groups(todo):
            for name, figures in play(args, group, screen.now, show):
                parts.keep(name, figures)
        names = list(FAULTS) if args.resume or args.merge else chosen
        figures = [figure for name in names for figure in parts.read(name)]
        table = (*figures, *left_out(names, parts))
        result = Result('bench-faults', command_line(), table, parts.commits(names))
        result.write(args.out.resolve())
        screen.table(result)
    return 0 if result.ok else 1


class PartialResults:
    """Results so far, one file per fault, of set-up `key` and `code` (commit and weights)."""

    def __init__(self, folder: Path, key: str, code: str) -> None:
        self.folder, self.key, self.code = folder, key, code

    def has(self, name: str) -> bool:
        """True when that fault was measured with the same code and weights."""
        return bool(self.read(name)) and self._load(name).get(MADE_BY) == self.code

    def keep(self, name: str, figures: Iterable[Figure]) -> None:
        numbers = [asdict(figure) for figure in figures]
        entry = {'key': self.key, 'commit': commit(), MADE_BY: self.code, 'figures': numbers}
        write_atomic(self.folder / f'{name}.json', json.dumps(entry, indent=1))

    def read(self, name: str) -> list[Figure]:
        """The figures of one fault; none when it was not measured."""
        return [Figure(**entry) for entry in self._load(name).get('figures', [])]

    def commits(self, names: list[str]) -> str:
        """The commits of the numbers."""
        found = [self._load(name).get('commit', '') for name in names]
        return ', '.join(dict.fromkeys(filter(None, found)))

    def _load(self, name: str) -> dict[str, Any]:
        path = self.folder / f'{name}.json'
        entry: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
        return entry if entry.get('key') == self.key else {}


def left_out(names: list[str], parts: PartialResults) -> Iterator[Figure]:
    """The faults that are left out, and why; in a full run a missing result fails."""
    if len(names) < len(FAULTS):
        return
    for name, why in LEFT_OUT.items():
        yield Figure(f'{name} left out: {why}', NAN)
    for name in names:
        if not parts.read(name):
            yield Figure(f'{name} not measured', NAN, '', '== 0')


def choice(only: str) -> list[str]:
    """The requested faults in the order of the catalogue."""
    requested = {name.strip().upper() for name in only.split(',') if name.strip()}
    unknown = sorted(requested - FAULTS.keys())
    if unknown:
        out = ', '.join(LEFT_OUT)
        raise UserError(
            f'no fault {", ".join(unknown)}; known: {", ".join(FAULTS)}; left out: {out}'
        )
    return [name for name in FAULTS if not requested or name in requested]


def groups(names: list[str]) -> Iterator[list[str]]:
    """Groups of faults that can follow each other on one graph."""
    group: list[str] = []
    for name in names:
        is_apart = FAULTS[name].alone is not None
        if group and (is_apart or FAULTS[group[-1]].setup != FAULTS[name].setup):
            yield group
            group = []
        group.append(name)
        if FAULTS[name].is_last or is_apart:
            yield group
            group = []
    if group:
        yield group


def play(
    args: argparse.Namespace, names: list[str], progress: Callable[[str], None], show: Show
) -> Iterator[tuple[str, list[Figure]]]:
    """Each fault of a group with its figures."""
    name, first = names[0], FAULTS[names[0]]
    if first.setup == FaultSetup.LEARNED and (why := unfit(args)):
        yield name, gathered([Figure(f'{name} left out: {why}', NAN)], show)
    elif first.alone is None:
        yield from play_on_graph(args, names, progress, show)
    else:
        live = play_on_graph(args, names, progress, show) if first.live else ()
        found = [figure for _, figures in live for figure in figures]
        progress(name)
        yield name, [*found, *gathered(first.alone(args), show)]


def play_on_graph(
    args: argparse.Namespace, names: list[str], progress: Callable[[str], None], show: Show
) -> Iterator[tuple[str, list[Figure]]]:
    """Inject these faults one after the other; a graph that does not recover is replaced."""
    left = list(names)
    while left:
        plan = plan_of(args, FAULTS[left[0]], left[0])
        with (
            GraphSession(plan, progress) as graph,
            FaultRig(graph, load_robot(args.robot), args.seed) as rig,
        ):
            is_healthy = True
            while left and is_healthy:
                name = left.pop(0)
                progress(f'{name}: waiting for motion')
                figures, is_healthy = inject(
                    rig, FAULTS[name], ReactionBounds(args.factor), name, show
                )
                yield name, figures


def inject(
    rig: FaultRig, fault: FaultCase, bounds: ReactionBounds, name: str, show: Show
) -> tuple[list[Figure], bool]:
    """The figures of one fault, and whether the graph is ready for the next one."""
    figures: list[Figure] = []

    def note(figure: Figure) -> None:
        figures.append(figure)
        show(figure)

    try:
        rig.begin()
        if fault.live is not None:
            gathered(fault.live(rig, bounds), note)
    except UserError as error:
        note(Figure(f'{name} cannot be shown: {str(error).splitlines()[0]}', NAN, '', '== 0'))
        return figures, False
    return figures, True


def gathered(figures: Iterable[Figure], show: Show) -> list[Figure]:
    """Show each figure as it is measured; return all."""
    found = []
    for figure in figures:
        show(figure)
        found.append(figure)
    return found


def plan_of(args: argparse.Namespace, fault: FaultCase, name: str) -> SessionPlan:
    """The graph that a fault needs."""
    is_learned = fault.setup == FaultSetup.LEARNED
    policy = checkpoint_of(args.policy) if is_learned else args.policy
    launches = [('sim', {'robot': args.robot, 'policy': policy})]
    extra: dict[str, tuple[str, ...]] = {}
    if fault.setup in PROXY:
        seed = {'robot': args.robot, 'topics': PROXY[fault.setup], 'seed': str(args.seed)}
        launches, extra = [*launches, ('proxy', seed)], dict(CORRUPTED[fault.setup])
    elif fault.setup == FaultSetup.CLOCKED:
        extra = dict.fromkeys((spec.name for spec in nodes_of(*launches[0])), SIM_TIME)
        launches = [*launches, ('clock', {})]
    log = args.out.resolve() / f'graph-{name}.log'
    return SessionPlan(tuple(launches), log, extra=extra)
