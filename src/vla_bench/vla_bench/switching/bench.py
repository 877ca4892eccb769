"""`./vla bench switch`: another instruction, or none, while a task runs.

After the protocol of SwitchVLA (arXiv 2506.03574): the person speaks early (before contact), mid
(while the object is held), late (just released), or cancels while it is held. Correct is: put back
when in contact, straight on when not; the new task done in the simulator's truth (of a cancel: the
gripper empty); nothing dropped, tipped over, or touched that was not named. The switch itself is
scripted (vla_supervisor), and the scripted policy is the default. Lockstep, simulated time.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from vla_bench.switching.trial import MOMENTS, TASKS, SwitchPlan, SwitchTrial
from vla_core.arguments import integer
from vla_core.errors import UserError
from vla_core.result import Figure, Result, share
from vla_lockstep.campaign import command_line, run_jobs
from vla_lockstep.lockstep import Lockstep
from vla_lockstep.row_log import Row, RowLog, made_by
from vla_lockstep.stack import load_setup
from vla_policy.protocol import Policy
from vla_policy.registry import load_policy
from vla_report import figure_table
from vla_sim.scenes.episode import TEST_SEEDS

BOUND = '>= 0.95'


@dataclass(frozen=True)
class SwitchJob:
    """One episode, as a worker gets it."""

    robot: str
    policy: str
    plan: SwitchPlan
    arm: str = ''  # of the controls


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        '--episodes',
        type=integer(1, 100_000),
        default=20,
        help='of each moment (default %(default)s)',
    )
    add('--policy', default='scripted', help='scripted or a checkpoint folder (default scripted)')
    add('--robot', default='ur5e', help='name in config/robots (default %(default)s)')
    add('--seed', type=int, default=TEST_SEEDS, help='first seed (default %(default)s)')
    add('--workers', type=integer(1, 256), default=2, help='processes (default %(default)s)')
    add('--out', type=Path, default=Path('out/bench-switch'), help='folder')
    add('--fresh', action='store_true', help='forget the episodes of an earlier run')


def run(args: argparse.Namespace) -> int:
    if args.episodes < 1:
        raise UserError(f'--episodes is {args.episodes}, must be at least 1')
    load_policy(args.policy, load_setup(args.robot).robot)  # a wrong name is an error now
    log = RowLog(args.out / 'episodes.jsonl', made_by(args.policy))
    if args.fresh:
        log.path.unlink(missing_ok=True)
    rows = run_jobs(make_jobs(args), play, log, args.workers, 'bench-switch')
    result = Result('bench-switch', command_line(), figures(rows))
    result.write(args.out)
    print(table(rows, result.figures))
    return 0 if result.ok else 1


def make_jobs(args: argparse.Namespace) -> list[tuple[str, SwitchJob]]:
    return [keyed(args.robot, args.policy, plan) for plan in plans(args)]


def plans(args: argparse.Namespace, is_ignored: bool = False) -> list[SwitchPlan]:
    """The moments in turns, so that an interrupted run covers each."""
    return [
        SwitchPlan(moment, args.seed + k, TASKS[k % len(TASKS)], is_ignored)
        for k in range(args.episodes)
        for moment in MOMENTS
    ]


def keyed(robot: str, policy: str, p: SwitchPlan, arm: str = '') -> tuple[str, SwitchJob]:
    """A job and the key of its row."""
    key = '/'.join([*filter(None, [arm]), robot, policy, p.moment, p.task, str(p.seed)])
    return key, SwitchJob(robot, policy, p, arm)


_HOSTS: dict[str, Lockstep] = {}
_POLICIES: dict[tuple[str, str], Policy] = {}


def play(job: SwitchJob) -> Row:
    """Play one episode (in a worker process)."""
    host = _HOSTS.setdefault(job.robot, Lockstep(load_setup(job.robot)))
    key = (job.robot, job.policy)
    if key not in _POLICIES:
        _POLICIES[key] = load_policy(job.policy, host.setup.robot)
    result = SwitchTrial(host, job.plan, _POLICIES[key]).play()
    row = {**asdict(result), 'code': result.code.name, 'success': result.is_right}
    return {'arm': job.arm, 'moment': job.plan.moment, 'seed': job.plan.seed, **row}


def figures(rows: list[Row]) -> tuple[Figure, ...]:
    """Correct behaviour by moment; drops, and the longest fall."""
    made = []
    for moment in MOMENTS:
        done = [row['success'] for row in rows if row['moment'] == moment]
        if done:
            made.append(share(f'right behaviour, {moment}', sum(done), len(done), BOUND))
    if not rows:
        return ()
    n = len(rows)
    undone = [row['was_held'] in (None, row['rolled_back']) for row in rows]
    made.append(share('undone when held, straight on when not', sum(undone), n))
    for kind, bound in (('drop', '== 0'), ('collision', '== 0'), ('spill', '== 0')):
        count = sum(kind in row['mishaps'] for row in rows)
        made.append(Figure(f'{kind}s', float(count), '', bound, n=n))
    put_down = [1e3 * row['fall'] for row in rows if row['rolled_back']]
    if put_down:
        worst = max(put_down)
        made.append(Figure('longest fall of what was put back', worst, 'mm', '<= 20', n=n))
    seconds = sorted(row['seconds'] for row in rows if row['moment'] == 'cancel')
    if seconds:
        middle = seconds[len(seconds) // 2]
        made.append(Figure('cancel while held, median to hold', middle, 's', n=len(seconds)))
    return tuple(made)


def table(rows: list[Row], figures: Sequence[Figure]) -> str:
    """The figures, then the first of the episodes that went wrong."""
    wrong = [row for row in rows if not row['success']]
    return '\n'.join([*figure_table.lines(figures), *map(account, wrong[:12])])


def account(r: Row) -> str:
    """One episode in a line."""
    return (
        f'  {r["moment"]} {r["seed"]}: {r["code"]}: {r["text"][:70]} held {r["was_held"]} '
        f'undone {r["rolled_back"]} done {r["is_done"]} {r["mishaps"] or ""}'
    )
