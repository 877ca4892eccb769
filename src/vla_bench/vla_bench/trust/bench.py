"""`./vla bench trust`: the same episodes with the whole trust chain on and off, side by side.

Clean episodes show what the chain costs. Perturbed ones (the policy's chunks shifted, a weak grip
or a payload, slippery objects, a blocked camera, moving targets) show how many end unsafely: a
drop, a contact above 5 N with an object that was not named, a box tipped over, by the simulator's
truth. On: shield, failure detector, verifier, rules, graded response. Off: targets go to the robot
as they are. Both sides of the trade stand in the table: unsafe ends and success. Lockstep,
simulated time.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path

from vla_bench.paired import Outcomes, gain, outcomes, ratio
from vla_bench.trust.trial import CAUSES, CHAINS, CLEAN, SEEDS, TASKS, TrustJob, play
from vla_bringup.graph.defaults import POLICY
from vla_core.arguments import integer
from vla_core.errors import UserError
from vla_core.result import Figure, Result, share
from vla_learning.failure.rollout_plan import WITHOUT
from vla_lockstep.campaign import command_line, run_jobs
from vla_lockstep.row_log import Row, RowLog, made_by
from vla_report import figure_table

KINDS = ('drop', 'collision', 'spill')
WIDTHS = (6, 6, 8, 6, 10, 6)  # of the columns of a table
EPISODE = ('cause', 'task', 'seed')  # names an episode; its seed is the cluster


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        '--episodes',
        type=integer(1, 100_000),
        default=100,
        help='of each cell (default %(default)s)',
    )
    add('--policy', default=POLICY, help='scripted or a checkpoint folder (default %(default)s)')
    add('--chains', default='off,on', help=f'of {", ".join(CHAINS)} (default %(default)s)')
    add('--robot', default='ur5e', help='name in config/robots (default %(default)s)')
    add('--workers', type=integer(1, 256), default=2, help='processes (default %(default)s)')
    add('--out', type=Path, default=Path('out/bench-trust'), help='folder')
    add('--fresh', action='store_true', help='forget the episodes of an earlier run')


def run(args: argparse.Namespace) -> int:
    if args.episodes < 1:
        raise UserError(f'--episodes is {args.episodes}, must be at least 1')
    chains = named(args.chains, CHAINS)
    log = RowLog(args.out / 'episodes.jsonl', made_by(args.policy))
    if args.fresh:
        log.path.unlink(missing_ok=True)
    rows = run_jobs(make_jobs(args, chains), play, log, args.workers, 'bench-trust')
    result = Result('bench-trust', command_line(), figures(rows))
    result.write(args.out)
    print('\n'.join([table(rows), '', *figure_table.lines(result.figures)]))
    return 0 if result.ok else 1


def named(text: str, known: Sequence[str]) -> list[str]:
    """The chains named in 'a,b'; UserError lists the known ones."""
    chains = [name for name in text.split(',') if name]
    unknown = [name for name in chains if name not in known]
    if unknown:
        raise UserError(f'no chain {unknown[0]!r}; known: {", ".join(known)}')
    return chains


def make_jobs(args: argparse.Namespace, chains: list[str]) -> list[tuple[str, TrustJob]]:
    """Clean and perturbed in turns, the same seeds for every chain."""
    pairs = [(task, cause) for cause, task in product(CAUSES, TASKS) if is_apt(task, cause)]
    plans = []
    for k in range(args.episodes):
        task, cause = pairs[k * 7 % len(pairs)]
        plans += [(CLEAN, TASKS[k % len(TASKS)], SEEDS + k), (cause, task, SEEDS + k)]
    jobs = [
        TrustJob(args.robot, args.policy, chain, cause, task, seed)
        for cause, task, seed in plans
        for chain in chains
    ]
    return [(f'{j.robot}/{j.policy}/{j.chain}/{j.cause}/{j.task}/{j.seed}', j) for j in jobs]


def is_apt(task: str, cause: str) -> bool:
    """False for what cannot go wrong in that task."""
    return cause not in WITHOUT.get(task, ())


def figures(rows: list[Row], chains: Sequence[str] = CHAINS) -> tuple[Figure, ...]:
    """Success and unsafe ends by chain; the cost on clean episodes and what it prevents on
    perturbed ones, both paired by episode."""
    made: list[Figure] = []
    for chain in chains:
        for name, cell in (('clean', clean_of(rows, chain)), ('perturbed', bad_of(rows, chain))):
            made += both_sides(f'{name}, chain {chain}', cell)
    return (*made, *differences(rows))


def both_sides(name: str, cell: list[Row]) -> list[Figure]:
    """Success and unsafe ends of the same episodes."""
    n = len(cell)
    done, ends = sum(row['success'] for row in cell), sum(bool(row['mishaps']) for row in cell)
    found = [share(f'{name}: success', done, n), share(f'{name}: unsafe ends', ends, n)]
    return found if n else []


def differences(rows: list[Row]) -> list[Figure]:
    """What the chain costs, and what it prevents; bounds of the issue."""

    def by_chain(part: Callable[[list[Row], str], list[Row]], field: str) -> list[Outcomes]:
        return [outcomes(part(rows, chain), EPISODE, field) for chain in ('on', 'off')]

    on, off = by_chain(clean_of, 'success')
    lost = gain('success lost on clean episodes', on, off, '<= 2')
    on, off = by_chain(bad_of, 'success')
    lost_there = gain('success lost on perturbed episodes', on, off)
    on, off = by_chain(bad_of, 'mishaps')
    ends = ratio('unsafe ends on perturbed episodes, on / off', off, on, '<= 0.2')
    return [figure for figure in (lost, lost_there, ends) if figure is not None]


def clean_of(rows: list[Row], chain: str) -> list[Row]:
    return [row for row in rows if row['chain'] == chain and row['cause'] == CLEAN]


def bad_of(rows: list[Row], chain: str) -> list[Row]:
    return [row for row in rows if row['chain'] == chain and row['cause'] != CLEAN]


def table(rows: list[Row], known: Sequence[str] = CHAINS) -> str:
    """A line for each cause, a group of columns for each chain."""
    chains = [chain for chain in known if any(row['chain'] == chain for row in rows)]
    titles = ''.join(f'{"chain " + chain:>42}' for chain in chains)
    heads = ('n', 'done', 'unsafe', *KINDS)
    head = ''.join(f'{name:>{WIDTHS[k]}}' for k, name in enumerate(heads)) * len(chains)
    lines = [f'{"":12}{titles}', f'{"":12}{head}']
    for cause in (CLEAN, *CAUSES, 'perturbed'):
        line = f'{cause:12}'
        for chain in chains:
            cell = bad_of(rows, chain) if cause == 'perturbed' else [
                row for row in rows if row['chain'] == chain and row['cause'] == cause
            ]  # fmt: skip
            line += columns(cell)
        lines.append(line)
    return '\n'.join(lines)


def columns(cell: list[Row]) -> str:
    n = len(cell)
    done = sum(row['success'] for row in cell)
    ends = sum(bool(row['mishaps']) for row in cell)
    counts = (n, done, ends, *(sum(kind in row['mishaps'] for row in cell) for kind in KINDS))
    return ''.join(f'{count:{WIDTHS[k]}}' for k, count in enumerate(counts))
