"""Success rates on episodes that the policy was not trained on."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vla_bringup.graph.defaults import POLICY
from vla_core.arguments import integer
from vla_core.errors import UserError
from vla_core.records.task import ResultCode
from vla_core.result import Result, share
from vla_learning.evaluation.suites import SUITES, EvalTrial
from vla_lockstep.blank import BlankedPolicy
from vla_lockstep.campaign import command_line, run_jobs
from vla_lockstep.episode_plan import EpisodePlan
from vla_lockstep.lockstep import Lockstep
from vla_lockstep.row_log import Row, RowLog, made_by
from vla_lockstep.stack import load_setup
from vla_policy.protocol import Policy
from vla_policy.registry import LEROBOT, PATIENCE, load_policy, require_fit
from vla_report import figure_table
from vla_sim.scenes.episode import TEST_SEEDS


@dataclass(frozen=True)
class EvalJob:
    """One episode, as a worker gets it."""

    robot: str
    policy: str
    trial: EvalTrial
    seed: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--suite', default='tabletop', choices=sorted(SUITES))
    parser.add_argument(
        '--episodes',
        type=integer(1, 100_000),
        default=100,
        help='of each trial (default %(default)s)',
    )
    parser.add_argument('--trials', default='', help='comma-separated; default all of the suite')
    parser.add_argument(
        '--policy', default='', help=f'default {POLICY}; scripted for the suite experts'
    )
    parser.add_argument(
        '--robot', default='ur5e', help='name in config/robots (default %(default)s)'
    )
    parser.add_argument(
        '--seed', type=int, default=TEST_SEEDS, help='first seed (default %(default)s)'
    )
    parser.add_argument(
        '--workers', type=integer(1, 256), default=2, help='processes (default %(default)s)'
    )
    parser.add_argument(
        '--out', type=Path, help='folder (default out/eval-<suite>, and the policy)'
    )
    parser.add_argument(
        '--fresh', action='store_true', help='discard the episodes of an earlier run'
    )
    host = parser.add_mutually_exclusive_group()
    host.add_argument(
        '--lockstep', action='store_true', help='one process, simulated time (the default)'
    )
    host.add_argument('--graph', action='store_true', help='the real nodes in real time')


def default_policy(suite: str) -> str:
    return 'scripted' if suite == 'experts' else POLICY


def name_of(args: argparse.Namespace) -> str:
    """Name of the result: another policy, or another host, does not replace the usual one."""
    usual = default_policy(args.suite)
    folder = Path(args.policy.partition('#')[0])  # without a mapping
    own = folder.parent.name if folder.name == 'checkpoint' else folder.name
    policy = '' if args.policy in ('', usual) else f'-{own}'
    return f'eval-{args.suite}{policy}' + ('-graph' if args.graph else '')


def output_folders(args: argparse.Namespace) -> list[Path]:
    return [args.out or Path('out') / name_of(args)]


PlayAll = Callable[[list[tuple[str, EvalJob]], RowLog], list[Row]]


def run(args: argparse.Namespace, play_on_graph: PlayAll) -> int:
    """`play_on_graph` plays the jobs on the running graph."""
    args.policy = args.policy or default_policy(args.suite)
    name = name_of(args)
    (out,) = output_folders(args)
    jobs = make_jobs(args)
    require = require_fit if args.policy.startswith(LEROBOT) else load_policy
    require(args.policy, load_setup(args.robot).robot)  # a wrong name is an error now
    log = RowLog(out / 'episodes.jsonl', made_by(args.policy))
    if args.fresh:
        log.path.unlink(missing_ok=True)
    if args.graph:
        rows = play_on_graph(jobs, log)
    else:
        rows = run_jobs(jobs, play, log, args.workers, name)
    result = summarise(name, rows, SUITES[args.suite])
    result.write(out)
    print(table(rows, result))
    return 0 if result.ok else 1


def make_jobs(args: argparse.Namespace) -> list[tuple[str, EvalJob]]:
    """Episodes in turns over the trials, so that an interrupted run covers each."""
    trials = {trial.name: trial for trial in SUITES[args.suite]}
    wanted = [name for name in args.trials.split(',') if name] or list(trials)
    unknown = [name for name in wanted if name not in trials]
    if unknown:
        raise UserError(
            f'no trial {unknown[0]!r} in suite {args.suite}; known: {", ".join(trials)}'
        )
    seeds = range(args.seed, args.seed + args.episodes)
    return [
        (
            f'{args.robot}/{args.policy}/{name}/{seed}',
            EvalJob(args.robot, args.policy, trials[name], seed),
        )
        for seed in seeds
        for name in wanted
    ]


_HOSTS: dict[tuple[str, str], Lockstep] = {}
_POLICIES: dict[tuple[str, str], Policy] = {}


def play(job: EvalJob) -> Row:
    """Run one episode in lockstep (in a worker process)."""
    key = (job.robot, job.policy)
    if key not in _HOSTS:
        _HOSTS[key] = Lockstep(load_setup(job.robot, policy=job.policy))
    host = _HOSTS[key]
    if key not in _POLICIES:
        _POLICIES[key] = load_policy(job.policy, host.setup.robot, deadline=PATIENCE)
    policy = _POLICIES[key]
    if job.trial.blank:
        policy = BlankedPolicy(policy, job.trial.blank)
    result = host.run(EpisodePlan(job.trial.task, job.seed, job.trial.overrides), policy)
    is_refused = result.code == ResultCode.REFUSED_ABSENT
    return {
        'trial': job.trial.name, 'seed': job.seed, 'instruction': result.instruction,
        'success': is_refused if job.trial.overrides.get('absent') else result.success,
        'code': result.code.name, 'text': result.text, 'duration': result.duration,
        'attempts': result.attempts,
    }  # fmt: skip


def summarise(name: str, rows: list[Row], trials: tuple[EvalTrial, ...]) -> Result:
    """Success by trial; a bound is met when that end of the 95 % interval meets it."""
    figures = []
    for trial in trials:
        done = [row['success'] for row in rows if row['trial'] == trial.name]
        if done:
            figures.append(share(f'success {trial.name}', sum(done), len(done), trial.bound))
    return Result(name, command_line(), tuple(figures))


def table(rows: list[Row], result: Result) -> str:
    """The figures, then the first of the episodes that failed."""
    failed = [row for row in rows if not row['success']]
    return '\n'.join([
        *figure_table.lines(result.figures, 22),
        *(f'  {r["trial"]} {r["seed"]}: {r["code"]}: {r["text"][:90]}' for r in failed[:12]),
    ])  # fmt: skip
