"""`./vla bench kills`: SIGKILL one node of the running graph again and again.

Half of the kills come while a task moves the arm. A kill is recovered when the node that launch
starts again is active within 10 s. One that is not leaves the stacks of all nodes in a file, and
the graph is started anew. Times are those of receipt, by one steady clock.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from vla_bench.faults.rig import NAN, FaultRig
from vla_bench.kills.stacks import dump
from vla_bench.kills.trial import LATE, LIMIT, TAIL, KillPlan, await_recovery, kill, measured
from vla_bringup.graph.domain import choose_domain
from vla_bringup.graph.launch_file import NodeSpec
from vla_bringup.graph.session import GraphSession, SessionPlan, nodes_of
from vla_core.arguments import integer
from vla_core.errors import UserError
from vla_core.result import Figure, Result, share
from vla_core.robot.config import load_robot
from vla_lockstep.campaign import command_line
from vla_lockstep.row_log import Row, RowLog, made_by
from vla_report.terminal import Screen
from vla_ros import topics

BEATS = {'heartbeats': topics.HEARTBEATS}
SILENT = 0.1  # s without a command after which the controller stops the arm
RECOVERED = '>= 0.95'  # the low end of the interval: of 100 kills, every one
Statistic = Callable[[Sequence[float]], float]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add('--count', type=integer(1, 100_000), default=100, help='kills (default %(default)s)')
    add('--node', default='policy', help='one that launch starts again (default %(default)s)')
    add('--policy', default='scripted', help='scripted or a checkpoint folder')
    add('--robot', default='ur5e', help='name in config/robots (default %(default)s)')
    add('--seed', type=int, default=7, help='of scene and moments (default %(default)s)')
    add('--fresh', action='store_true', help='forget the kills of an earlier run')
    add('--out', type=Path, default=Path('out/bench-kills'), help='folder (default %(default)s)')


def run(args: argparse.Namespace) -> int:
    out = args.out.resolve()
    check(args)
    log = RowLog(out / 'kills.jsonl', made_by(args.policy))
    if args.fresh:
        log.path.unlink(missing_ok=True)
    keys = [key_of(args, k) for k in range(args.count)]
    done = log.resume(keys)
    rows = {key: done[key] for key in keys if key in done}
    todo = [k for k, key in enumerate(keys) if key not in rows]
    with Screen() as screen, log.open() as stream:
        for k, row in play(args, todo, out, screen):
            rows[keys[k]] = log.write(stream, keys[k], row)
            screen.line(f'kill {k}: {line(row)}', '' if is_recovered(row) else 'bold red')
        result = Result('bench-kills', command_line(), figures(args.node, list(rows.values())))
        result.write(out)
        screen.table(result)
    return 0 if result.ok else 1


def check(args: argparse.Namespace) -> None:
    """UserError unless launch starts the node again after it has died."""
    if args.count < 1:
        raise UserError(f'--count is {args.count}, must be at least 1')
    again = [spec.name for spec in launched(args) if spec.respawn_delay is not None]
    if args.node not in again:
        raise UserError(f'{args.node!r} is not started again; these are: {", ".join(again)}')


def launched(args: argparse.Namespace) -> list[NodeSpec]:
    return nodes_of('sim', {'robot': args.robot, 'policy': args.policy})


def key_of(args: argparse.Namespace, k: int) -> str:
    return f'{args.robot}/{args.policy}/{args.node}/{args.seed}/{k}'


def play(
    args: argparse.Namespace, todo: list[int], out: Path, screen: Screen
) -> Iterator[tuple[int, Row]]:
    """Each kill with its row; a graph that does not recover is left for a new one."""
    choose_domain()
    left = list(todo)
    while left:
        launches = (('sim', {'robot': args.robot, 'policy': args.policy}),)
        plan = SessionPlan(launches, out / f'graph-{left[0]}.log')
        with (
            GraphSession(plan, screen.now) as graph,
            FaultRig(graph, load_robot(args.robot), args.seed, BEATS) as rig,
        ):
            is_well = True
            while left and is_well:
                k = left.pop(0)
                screen.now(f'kill {k}')
                row = play_one(rig, KillPlan(args.node, args.seed, k), out)
                is_well = is_recovered(row)
                yield k, row


def play_one(rig: FaultRig, plan: KillPlan, out: Path) -> Row:
    """The row of one kill; stacks are written when the shield is silent or the node not back."""
    began, graph = time.monotonic(), rig.graph
    at = NAN

    def dump_stacks(reason: str) -> None:
        pids = {name: graph.pid(name) for name in graph.managed}
        dump(pids, out / f'stacks-{plan.index}-{reason}.txt')

    try:
        at = kill(rig, plan)
        back = await_recovery(rig, plan.node, at, LIMIT, lambda: dump_stacks('silent'))
        rig.pause(TAIL)
        end = time.monotonic()
        if not back <= LIMIT:
            dump_stacks('late')  # py-spy stops the processes for a moment: `end` is before that
            back = await_recovery(rig, plan.node, at, LATE, lambda: None)
        return asdict(measured(rig, plan, began, at, end, back))
    except UserError as error:  # the graph has ended, or cannot be brought to the next kill
        dump_stacks('error')
        text = str(error).splitlines()[0]
        return {'is_moving': plan.is_moving, 'is_killed': at == at, 'error': text}


def is_recovered(row: Row) -> bool:
    return bool(row.get('recovery', NAN) <= LIMIT)


def line(row: Row) -> str:
    """One row, for the terminal."""
    if 'error' in row:
        return str(row['error'])
    when = 'moving' if row['is_moving'] else 'at rest'
    return (
        f'{when}, back after {row["recovery"]:.2f} s, first heartbeat after '
        f'{row["started"]:.2f} s, cycle of the shield {1e3 * row["cycle"]:.0f}'
        f' ms, {row["slowest_node"]} for {1e3 * row["slowest_silence"]:.0f} ms'
    )


def figures(node: str, rows: list[Row]) -> tuple[Figure, ...]:
    """Share of kills that were recovered, times, and what the other nodes did."""
    killed = [row for row in rows if row.get('is_killed', True)]
    if not killed:
        return ()
    n, moving = len(killed), sum(row['is_moving'] for row in killed)
    name = f'{node} recovered within {LIMIT:g} s'
    return (
        share(name, sum(map(is_recovered, killed)), n, RECOVERED, 'of kills'),
        Figure('killed while the arm moved', float(moving), '', n=n),
        Figure('graph not ready for the next kill', float(len(rows) - n), '', '== 0', len(rows)),
        *times([row for row in killed if 'error' not in row]),
    )


def times(rows: list[Row]) -> Iterator[Figure]:
    """Recovery of the node and silence of the others; what did not happen is left out."""

    def figure(
        name: str, values: Iterable[float], statistic: Statistic, bound: str = ''
    ) -> Figure:
        known = [value for value in values if value == value]
        value = float(statistic(known)) if known else NAN
        return Figure(name, value, 's', bound or None, len(known))

    def column(name: str) -> list[float]:
        return [float(row[name]) for row in rows]

    yield figure('recovery, median', column('recovery'), np.median)
    yield figure('recovery, longest', column('recovery'), max)
    yield figure('first heartbeat after the kill, median', column('started'), np.median)
    bring_up = [row['recovery'] - row['started'] for row in rows]
    yield figure('first heartbeat to active, median', bring_up, np.median)
    yield figure('first heartbeat to active, longest', bring_up, max)
    yield figure('cycle of the shield, longest', column('cycle'), max, f'<= {SILENT:g}')
    yield figure('cycle of the shield before a kill, longest', column('cycle_before'), max)
    yield figure('reports of the shield not received, longest', column('silence'), max)
    yield figure(
        'heartbeats of another node not received, longest', column('slowest_silence'), max
    )
