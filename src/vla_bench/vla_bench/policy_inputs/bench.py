"""`./vla bench inputs`: which of its inputs the shipped policy uses.

The same episodes of the six skills with the checkpoint as it is, with its sentence empty, with
the sentence of another task, with a single flow step and no noise, and with the role of every
object blanked. The policy reads object states, and roles that the grammar makes from the sentence;
success does not depend on the sentence that the policy itself gets, nor on the noise. Without
roles it must fail: that is the control. One attempt per episode, no monitors, lockstep.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from vla_bench.paired import gain, outcomes
from vla_bench.policy_inputs.trial import NO_ROLES, SHIPPED, TASKS, VARIANTS, InputsJob, play
from vla_bringup.graph.defaults import POLICY
from vla_core.arguments import integer
from vla_core.errors import UserError
from vla_core.result import Figure, Result, share
from vla_lockstep.campaign import command_line, run_jobs
from vla_lockstep.row_log import Row, RowLog, made_by
from vla_policy.registry import find_checkpoint
from vla_report import figure_table
from vla_sim.scenes.episode import TEST_SEEDS

NAME = 'bench-inputs'
SEEDS = {'development': TEST_SEEDS - 100_000, 'test': TEST_SEEDS + 900_000}  # the first of each
USES_NOT = '>= 0.9'  # success without an input that the policy does not need
NEEDS = '<= 0.5'  # and without one that it needs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        '--episodes',
        type=integer(1, 100_000),
        default=6,
        help='per skill and variant (default %(default)s)',
    )
    add('--tasks', default='', help=f'comma-separated (default all: {", ".join(TASKS)})')
    add('--policy', default=POLICY, help='a checkpoint folder (default %(default)s)')
    add('--seeds', default='development', choices=sorted(SEEDS), help='(default %(default)s)')
    add('--robot', default='ur5e', help='name in config/robots (default %(default)s)')
    add('--workers', type=integer(1, 256), default=2, help='processes (default %(default)s)')
    add('--out', type=Path, default=Path(f'out/{NAME}'), help='folder (default %(default)s)')
    add('--fresh', action='store_true', help='forget the episodes of an earlier run')


def run(args: argparse.Namespace) -> int:
    if args.episodes < 1:
        raise UserError(f'--episodes is {args.episodes}, must be at least 1')
    find_checkpoint(args.policy)  # a wrong name is an error at once
    log = RowLog(args.out / 'episodes.jsonl', made_by(args.policy))
    if args.fresh:
        log.path.unlink(missing_ok=True)
    rows = run_jobs(make_jobs(args), play, log, args.workers, NAME)
    result = Result(NAME, command_line(), tuple(figures(rows)))
    result.write(args.out)
    print('\n'.join(figure_table.lines(result.figures)))
    return 0 if result.ok else 1


def make_jobs(args: argparse.Namespace) -> list[tuple[str, InputsJob]]:
    """Every episode in all variants; no two skills share a seed."""
    first = SEEDS[args.seeds]
    wanted = [name for name in args.tasks.split(',') if name] or TASKS
    unknown = [name for name in wanted if name not in TASKS]
    if unknown:
        raise UserError(f'no task {unknown[0]!r}; known: {", ".join(TASKS)}')
    return [
        (
            f'{args.robot}/{args.policy}/{variant}/{task}/{seed}',
            InputsJob(args.robot, args.policy, variant, task, seed),
        )
        for k in range(args.episodes)
        for seed, task in enumerate(TASKS, first + k * len(TASKS))
        if task in wanted
        for variant in VARIANTS
    ]


def figures(rows: list[Row]) -> list[Figure]:
    """Success by variant over all skills, the change by each variant, then success by skill."""
    made = []
    by_variant = {name: [row for row in rows if row['variant'] == name] for name in VARIANTS}
    for name, mine in by_variant.items():
        bound = NEEDS if name == NO_ROLES else USES_NOT
        title = f'control, {name}' if name == NO_ROLES else name
        made.append(share(f'{title}: success', sum(r['success'] for r in mine), len(mine), bound))
    shipped = outcomes(by_variant[SHIPPED], ('task', 'seed'))
    for name in VARIANTS[1:]:
        mine = by_variant[name]
        change = gain(f'{name}: change of success', shipped, outcomes(mine, ('task', 'seed')))
        made += [change] if change is not None else []
    for name, mine in by_variant.items():
        for task in TASKS:
            done = [row['success'] for row in mine if row['task'] == task]
            if done:
                made.append(share(f'{name}, {task}: success', sum(done), len(done)))
    return made
