"""`./vla bench messages`: every form of every kind of message that docs/inputs.md lists, played.

A row is shown when the stack does what the page says. The modules are those of the nodes, behind
the nodes' own boundary, in one process; listeners and rivals are nodes on DDS. Cameras and
controllers have benches of their own. The control (`control.py`) plays the rows against what the
stack did before.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import rclpy

from vla_bench.messages.case import MessageCase
from vla_bench.messages.catalogue import CASES
from vla_bench.messages.intake import Intake
from vla_bringup.graph.domain import choose_domain
from vla_core.result import Figure, Result, share
from vla_core.robot.config import load_robot
from vla_core.robot.topic_names import resolved
from vla_lockstep.campaign import command_line
from vla_report.terminal import Screen

ROBOT = 'ur5e'  # whose joints the rows name
ALL, OF_ROWS = '== 1', 'of rows'


@dataclass(frozen=True)
class RowOutcome:
    """One row, and what happened instead of its answer, or ''."""

    case: MessageCase
    problem: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add('--only', default='', help='rows whose kind or form contains this text')
    add(
        '--out', type=Path, default=Path('out/bench-messages'), help='folder (default %(default)s)'
    )


def run(args: argparse.Namespace) -> int:
    with Screen() as screen:
        outcomes = []
        for outcome in played(chosen(args.only)):
            row = f'{outcome.case.kind}, {outcome.case.form}'
            screen.now(row)
            if outcome.problem:
                screen.line(f'{row}: {outcome.problem}', 'bold red')
            outcomes.append(outcome)
        result = Result('bench-messages', command_line(), tuple(figures(outcomes)))
        result.write(args.out)
    screen.table(result)
    return 0 if result.ok else 1


def chosen(text: str) -> list[MessageCase]:
    return [case for case in CASES if text in case.kind or text in case.form]


def played(cases: Iterable[MessageCase], intake: type[Intake] = Intake) -> Iterator[RowOutcome]:
    """Each row against new modules; nodes live in a domain of their own."""
    choose_domain()
    robot = resolved(load_robot(ROBOT))
    if not rclpy.ok():
        rclpy.init(args=['--ros-args', '--log-level', 'fatal'])
    for case in cases:
        try:
            problem = case.play(intake(robot))
        except Exception as error:  # noqa: BLE001 - it would end a node: the row is not shown
            problem = f'a node ends: {type(error).__name__}: {error}'
        yield RowOutcome(case, problem)


def figures(outcomes: list[RowOutcome]) -> Iterator[Figure]:
    """Rows shown, of each kind and of all."""
    for kind in dict.fromkeys(outcome.case.kind for outcome in outcomes):
        of_kind = [outcome for outcome in outcomes if outcome.case.kind == kind]
        yield share(f'{kind}: rows shown', shown(of_kind), len(of_kind), ALL, OF_ROWS)
    yield share('all rows shown', shown(outcomes), len(outcomes), ALL, OF_ROWS)


def shown(outcomes: Iterable[RowOutcome]) -> int:
    return sum(not outcome.problem for outcome in outcomes)
