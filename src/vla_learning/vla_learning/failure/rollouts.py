"""`./vla rollouts`: labelled rollouts of a learned policy in lockstep, for the failure detector.

One attempt each, natural or disturbed (a payload, a weak grip, slippery objects, a blocked camera,
a moving target, another instruction), half of them on a slow machine. Success is by the
simulator's truth and the intended task. Rollouts are kept one by one; an interrupted run resumes.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from vla_bringup.graph.defaults import POLICY
from vla_core.arguments import integer, number
from vla_core.atomic_file import write_atomic
from vla_core.errors import UserError
from vla_learning.failure.rollout_plan import CAUSES, FIRST_SEED, SUITES, parse_causes
from vla_learning.failure.rollout_trial import RolloutJob, play
from vla_lockstep.campaign import run_jobs
from vla_lockstep.episode_plan import LockstepParams
from vla_lockstep.row_log import Row, RowLog, made_by
from vla_lockstep.stack import load_setup
from vla_monitor.failure.traces import ABOUT, LOG, Binding
from vla_policy.registry import find_checkpoint, load_policy


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add('--suite', default='tabletop', choices=sorted(SUITES))
    add(
        '--n',
        type=integer(1, 1_000_000),
        default=600,
        help='rollouts in all (default %(default)s)',
    )
    known = ', '.join(CAUSES)
    add('--perturb', default='', help=f'comma-separated causes, default all: {known}')
    add('--tasks', default='', help='comma-separated kinds of tasks, default all of the suite')
    add('--policy', default=POLICY, help='a checkpoint folder (default %(default)s)')
    add('--robot', default='ur5e', help='name in config/robots (default %(default)s)')
    add('--seed', type=int, default=FIRST_SEED, help='first seed (default %(default)s)')
    add(
        '--horizon',
        type=number(2.0, 60.0),
        default=14.0,
        help='s, length of a rollout without success',
    )
    add('--candidates', type=integer(1, 32), default=8, help='per inference (default %(default)s)')
    add('--workers', type=integer(1, 256), default=2, help='processes (default %(default)s)')
    add('--out', type=Path, help='folder (default out/rollouts-<suite>)')


def output_folders(args: argparse.Namespace) -> list[Path]:
    return [args.out or Path('out') / f'rollouts-{args.suite}']


def run(args: argparse.Namespace) -> int:
    (out,) = output_folders(args)
    jobs = make_jobs(args, out)
    write_about(args, out)
    log = RowLog(out / LOG, made_by(args.policy), keeps_old=True)
    rows = run_jobs(jobs, play, log, args.workers, f'rollouts-{args.suite}')
    print(table(rows))
    return 0


def make_jobs(args: argparse.Namespace, out: Path) -> list[tuple[str, RolloutJob]]:
    """Rollouts in turns over the kinds of tasks."""
    kinds = {kind.name: kind for kind in SUITES[args.suite]}
    wanted = [name for name in args.tasks.split(',') if name] or list(kinds)
    unknown = [name for name in wanted if name not in kinds]
    if unknown:
        raise UserError(f"no task '{unknown[0]}' in suite {args.suite}; known: {', '.join(kinds)}")
    causes = parse_causes(args.perturb)
    jobs = []
    for k in range(args.n):
        kind, seed = kinds[wanted[k % len(wanted)]], args.seed + k
        key = f'{kind.name}/{seed}'
        file = key.replace(' ', '_').replace('/', '-') + '.npz'
        job = RolloutJob(
            args.robot, args.policy, kind, seed, causes, args.horizon, args.candidates,
            str(out), file,
        )  # fmt: skip
        jobs.append((key, job))
    return jobs


def write_about(args: argparse.Namespace, out: Path) -> None:
    """Write the binding of the rollouts; UserError when the folder holds others."""
    policy = load_policy(args.policy, load_setup(args.robot).robot)
    schema = getattr(policy, 'schema', '')
    if not schema:
        raise UserError(f"policy '{args.policy}' has no features; give a checkpoint folder")
    period = LockstepParams().period * LockstepParams().policy_every
    info = policy.info
    binding = Binding(info.checkpoint, schema, period, info.step, info.horizon)
    about = {
        'binding': asdict(binding),
        'policy': str(find_checkpoint(args.policy)),
        'suite': args.suite,
        'robot': args.robot,
        'horizon': args.horizon,
        'candidates': args.candidates,
    }
    path = out / ABOUT
    if path.is_file() and json.loads(path.read_text()) != about:
        raise UserError(f'{out} holds rollouts of another kind; use another --out, or delete it')
    write_atomic(path, json.dumps(about, indent=1) + '\n')


def table(rows: list[Row]) -> str:
    """Share of failures, by task and by cause."""
    used = [row for row in rows if row.get('file')]
    lines = [f'{len(used)} rollouts, {len(rows) - len(used)} never began']
    for what in ('task', 'cause'):
        lines.append(f'{what:20}{"n":>5}{"failed":>8}{"shortest":>10}')
        for name in sorted({row[what] for row in used}):
            group = [row for row in used if row[what] == name]
            failed = sum(not row['success'] for row in group) / len(group)
            shortest = min(row['seconds'] for row in group)
            lines.append(f'{name:20}{len(group):5}{failed:8.2f}{shortest:8.1f} s')
    return '\n'.join(lines)
