"""`./vla bench remote`: a policy on a server, whose process or link fails while the arm moves.

The server is `./vla serve` behind a relay. Each fault is played `--rounds` times in the running
graph. With `--controls` the arm may go on for as long without a chunk as with a policy of the same
process; the bound on the time until it is held must fail then.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from vla_bench.faults.rig import FaultRig
from vla_bench.remote.trial import FAULTS, ServedPolicy, ServerFault, play
from vla_bringup.graph.domain import choose_domain
from vla_bringup.graph.session import GraphSession, SessionPlan
from vla_core.arguments import integer
from vla_core.result import Figure, Result, share
from vla_core.robot.config import load_robot
from vla_lockstep.campaign import command_line
from vla_lockstep.row_log import Row, RowLog, made_by
from vla_report.terminal import Screen

NAME = 'bench-remote'
HELD, PASSES, GOES_ON = '<= 0.5', '>= 0.9', '>= 0.8'  # s, shares
OF_FAULTS = 'of faults'
AS_LOCAL = ('-p', 'served_silence:=1.0')
CONTROLLED = ('killed, and back', 'link cut 5 s')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add('--policy', default='checkpoints/vision', help='to serve (default %(default)s)')
    add('--robot', default='ur5e', help='name in config/robots (default %(default)s)')
    add('--rounds', type=integer(1, 1000), default=3, help='of each fault (default %(default)s)')
    add('--seed', type=int, default=7, help='of the scene (default %(default)s)')
    add('--fresh', action='store_true', help='forget the faults of an earlier run')
    add('--out', type=Path, default=Path(f'out/{NAME}'), help='folder (default %(default)s)')


def run(args: argparse.Namespace) -> int:
    return measure(args, FAULTS, NAME, (), HELD)


def measure(
    args: argparse.Namespace, faults: Sequence[ServerFault], name: str,
    parameters: tuple[str, ...], bound: str,
) -> int:  # fmt: skip
    """Play the faults with these parameters of the policy node; write and print the result."""
    out = args.out.resolve()
    log = RowLog(out / 'faults.jsonl', made_by(args.policy))
    if args.fresh:
        log.path.unlink(missing_ok=True)
    cases = {f'{fault.name}/{k}': fault for k in range(args.rounds) for fault in faults}
    done = log.resume(list(cases))
    todo = [key for key in cases if key not in done]
    rows = [done[key] for key in cases if key in done]
    with Screen() as screen, log.open() as stream:
        if todo:
            for key, row in play_all(args, cases, todo, parameters, out, screen):
                rows.append(log.write(stream, key, row))
                screen.line(f'{key}: {line(row)}')
        result = Result(name, command_line(), figures(rows, faults, bound))
        result.write(out)
        screen.table(result)
    return 0 if result.ok else 1


def play_all(
    args: argparse.Namespace, cases: dict[str, ServerFault], todo: Sequence[str],
    parameters: tuple[str, ...], out: Path, screen: Screen,
) -> Iterator[tuple[str, Row]]:  # fmt: skip
    """Each fault with its row, in one graph and with one server."""
    choose_domain()
    with ServedPolicy(args.policy, args.robot) as served:
        launches = (('sim', {'robot': args.robot, 'policy': served.spec}),)
        extra = {'policy': parameters} if parameters else {}
        plan = SessionPlan(launches, out / 'graph.log', extra=extra)
        with (
            GraphSession(plan, screen.now) as graph,
            FaultRig(graph, load_robot(args.robot), args.seed) as rig,
        ):
            for key in todo:
                screen.now(key)
                yield key, asdict(play(rig, served, cases[key]))


def figures(rows: Sequence[Row], faults: Sequence[ServerFault], bound: str) -> tuple[Figure, ...]:
    """The slowest of the rounds of each fault, and shares over all."""
    made: list[Figure] = []
    for fault in faults:
        own = [row for row in rows if row['fault'] == fault.name]
        if own:
            made += of_fault(fault, own, bound)
    short = {fault.name for fault in faults if not fault.may_ask}
    brief = [row for row in rows if row['fault'] in short]
    went_on = sum(math.isfinite(float(row['back'])) for row in brief)
    least = GOES_ON if bound == HELD else None  # of a control nothing is asked but the first
    made.append(share('goes on by itself, up to 5 s', went_on, len(brief), least, OF_FAULTS))
    repeated = sum(int(row['repeated']) for row in rows)
    made.append(Figure('chunks of an old observation', float(repeated), 'chunks', '== 0'))
    return tuple(made)


def of_fault(fault: ServerFault, rows: Sequence[Row], bound: str) -> list[Figure]:
    """Times of the slowest round; of a fault that lasts, how often it goes on or asks a person."""
    held, back = ([float(row[key]) for row in rows] for key in ('held', 'back'))
    count = len(rows)
    if fault.is_late:
        least = min(float(row['passing']) for row in rows)
        return [Figure(f'{fault.name}: cycles that pass', least, 'of cycles', PASSES, count)]
    made = [Figure(f'{fault.name}: until held', worst(held), 's', bound, count)]
    if fault.may_ask:
        answered = sum(bool(row['asked']) or math.isfinite(float(row['back'])) for row in rows)
        name = f'{fault.name}: goes on, or asks a person'
        return [*made, share(name, answered, count, None, OF_FAULTS)]
    return [*made, Figure(f'{fault.name}: until it goes on', worst(back), 's', None, count)]


def worst(values: Sequence[float]) -> float:
    """The largest; NaN when one is NaN."""
    return math.nan if any(math.isnan(v) for v in values) else max(values)


def line(row: Row) -> str:
    """A row for people."""
    return f'held after {row["held"]:.2f} s, goes on after {row["back"]:.2f} s' + (
        f': {row["reason"]}' if row['reason'] else ''
    )
