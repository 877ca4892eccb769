"""`./vla bench arms`: arms whose URDF nobody here wrote, on the tasks that they reach.

Each robot file in config/robots/public was made by `./vla robot new` from a description in a
public package (`./vla robot install`). The scripted policy plays every task that the arm reaches
in lockstep; the others are named with the reason. `changed lines` compares the file with what the
command in its first line makes today. A file with a problem is refused before anything is played.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from vla_bench.arms.reachable_tasks import reached_tasks
from vla_bench.arms.trial import POLICY, ArmsJob, changed_lines, play
from vla_bringup.checkout.extras import ARMS, install_extra
from vla_core.arguments import integer
from vla_core.authoring.problems import find_problems
from vla_core.errors import UserError
from vla_core.result import Figure, Result, share
from vla_core.robot.config import public_robots
from vla_lockstep.campaign import command_line, run_jobs
from vla_lockstep.row_log import Row, RowLog, made_by
from vla_lockstep.stack import load_setup
from vla_report import figure_table
from vla_sim.scenes.episode import TEST_SEEDS
from vla_sim.scenes.tasks import TASKS

NAME = 'bench-arms'
SUCCESS, CHANGED = '>= 0.9', '<= 30'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add('--episodes', type=integer(1, 10_000), default=20, help='per task (default %(default)s)')
    add('--arms', default='', help='comma-separated names or robot files (default all public)')
    add('--tasks', default='', help=f'comma-separated (default all: {", ".join(TASKS)})')
    add('--seed', type=integer(), default=TEST_SEEDS, help='first seed (default %(default)s)')
    add('--workers', type=integer(1, 256), default=2, help='processes (default %(default)s)')
    add('--out', type=Path, default=Path(f'out/{NAME}'), help='folder (default %(default)s)')
    add('--fresh', action='store_true', help='forget the episodes of an earlier run')


def run(args: argparse.Namespace) -> int:
    install_extra(ARMS)
    arms = [name for name in args.arms.split(',') if name] or list(public_robots())
    wanted = [name for name in args.tasks.split(',') if name] or list(TASKS)
    unknown = [name for name in wanted if name not in TASKS]
    if unknown:
        raise UserError(f'no task {unknown[0]!r}; known: {", ".join(TASKS)}')
    refuse_problems(arms)
    jobs, notes = [], []
    for arm in arms:
        setup = load_setup(arm)
        seeds, reasons = reached_tasks(setup.robot, setup.scene, args.seed, args.episodes)
        notes += [f'  {arm}, {task}: not reached: {why}' for task, why in reasons.items()]
        jobs += make_jobs(arm, {task: s for task, s in seeds.items() if task in wanted})
    log = RowLog(args.out / 'episodes.jsonl', made_by(POLICY))
    if args.fresh:
        log.path.unlink(missing_ok=True)
    rows = run_jobs(jobs, play, log, args.workers, NAME)
    result = Result(NAME, command_line(), tuple(figures(arms, rows)))
    result.write(args.out)
    print('\n'.join([*figure_table.lines(result.figures), *notes]))
    return 0 if result.ok else 1


def refuse_problems(arms: list[str]) -> None:
    """UserError with the first problem of a robot file."""
    for arm in arms:
        for problem in find_problems(arm):
            raise UserError(f'{arm}: {problem.text}; {problem.change}')


def make_jobs(arm: str, seeds: dict[str, list[int]]) -> list[tuple[str, ArmsJob]]:
    """The episodes of an arm, in turns over the tasks."""
    longest = max((len(values) for values in seeds.values()), default=0)
    return [
        (f'{arm}/{task}/{values[k]}', ArmsJob(arm, task, values[k]))
        for k in range(longest)
        for task, values in seeds.items()
        if k < len(values)
    ]


def figures(arms: list[str], rows: list[Row]) -> list[Figure]:
    """By arm: success over its tasks, changed lines of its file; then success by task."""
    made, by_task = [], []
    for arm in arms:
        mine = [row for row in rows if row['robot'] == arm]
        done = sum(row['success'] for row in mine)
        made.append(share(f'{arm}: success', done, len(mine), SUCCESS))
        made.append(Figure(f'{arm}: changed lines', changed_lines(arm), 'lines', CHANGED))
        for task in TASKS:
            outcomes = [row['success'] for row in mine if row['trial'] == task]
            if outcomes:
                by_task.append(share(f'{arm}, {task}: success', sum(outcomes), len(outcomes)))
    return [*made, *by_task]
