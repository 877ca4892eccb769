"""Faults against the running graph: what the arm does, and after how long.

Times are of one process and its steady clock: from the call that breaks something to the receipt
of the command, report or state that answers it. A message waits up to one cycle, 10 ms, until the
shield looks at it; that and the transport there and back are part of the time.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from vla_bringup.fault_messages import f1, f9, f15
from vla_bringup.fault_nodes import f2, f3, f5, f13, f14
from vla_bringup.fault_stage import Bounds, Stage
from vla_bringup.graph_session import GraphSession, SessionPlan
from vla_bringup.screen import Screen
from vla_core.errors import UserError
from vla_core.result import Figure, Result
from vla_core.robot import load_robot
from vla_learning.campaign import spoken

# in the order in which they are injected: the last ones take a node away
FAULTS = {'F1': f1, 'F9': f9, 'F15': f15, 'F5': f5, 'F13': f13, 'F14': f14, 'F2': f2, 'F3': f3}
FATAL = ('F3',)  # what ends the graph


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add('--only', default='', help=f'some of {",".join(FAULTS)} (default: all)')
    add('--factor', type=float, default=1.0, help='on every bound, for a busy machine')
    add('--policy', default='scripted', help='scripted or a checkpoint folder')
    add('--robot', default='ur5e', help='name in config/robots (default %(default)s)')
    add('--seed', type=int, default=7, help='of the scene (default %(default)s)')
    add('--out', type=Path, default=Path('out/bench-faults'), help='folder (default %(default)s)')


def run(args: argparse.Namespace) -> int:
    chosen = choice(args.only)
    figures: list[Figure] = []
    with Screen() as screen:
        for group in groups(chosen):
            figures += play(args, group, screen)
    result = Result('bench-faults', spoken(), tuple(figures))
    result.write(args.out.resolve())
    screen.table(result)
    return 0 if result.ok else 1


def choice(only: str) -> list[str]:
    """The faults that were asked for, in our order."""
    asked = {name.strip().upper() for name in only.split(',') if name.strip()}
    unknown = sorted(asked - FAULTS.keys())
    if unknown:
        raise UserError(f'no fault {", ".join(unknown)}; known: {", ".join(FAULTS)}')
    return [name for name in FAULTS if not asked or name in asked]


def groups(names: list[str]) -> Iterator[list[str]]:
    """Faults that can follow each other on one graph."""
    group: list[str] = []
    for name in names:
        group.append(name)
        if name in FATAL:
            yield group
            group = []
    if group:
        yield group


def play(args: argparse.Namespace, names: list[str], screen: Screen) -> list[Figure]:
    """Start a graph and break it in these ways, one after the other."""
    sim = {'robot': args.robot, 'policy': args.policy}
    plan = SessionPlan((('sim', sim),), args.out.resolve() / f'graph-{names[0]}.log')
    bounds, figures = Bounds(args.factor), []
    with (
        GraphSession(plan, screen.now) as graph,
        Stage(graph, load_robot(args.robot), args.seed) as stage,
    ):
        for name in names:
            screen.now(f'{name}: getting the arm to move')
            stage.begin()
            for figure in FAULTS[name](stage, bounds):
                limit = f', must be {figure.bound}' if figure.bound else ''
                style = '' if figure.ok else 'bold red'
                screen.line(f'{figure.name}: {figure.value:.4g} {figure.unit}{limit}', style)
                figures.append(figure)
    return figures
