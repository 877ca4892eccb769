"""Controls of `./vla bench switch`: the new instruction ignored, and the learned checkpoint.

The claim is measured with the scripted policy, and the switch itself is a script of the
supervisor. Where the instruction is ignored the first task continues, which must count as wrong.
"""

from __future__ import annotations

import argparse

from vla_bench import controls
from vla_bench.switching import bench
from vla_bench.switching.bench import SwitchJob
from vla_bench.switching.trial import MOMENTS
from vla_bringup.graph.defaults import POLICY
from vla_core.errors import UserError
from vla_core.result import Figure, share
from vla_lockstep.campaign import run_jobs
from vla_lockstep.row_log import Row, RowLog, made_by
from vla_lockstep.stack import load_setup
from vla_policy.registry import load_policy

DEFAULTS = {'episodes': 5}  # of each moment
CLAIM, LEARNED, IGNORED = 'scripted policy', 'learned checkpoint', 'instruction ignored'
NOTES = (
    'The claim is measured with the scripted policy; the switch is scripted in the supervisor.',
    'Bounds of the claim are those of ./vla bench switch; the bound here is on the control.',
)


def run(args: argparse.Namespace) -> int:
    if args.episodes < 1:
        raise UserError(f'--episodes is {args.episodes}, must be at least 1')
    policies = (args.policy, POLICY)
    for policy in policies:
        load_policy(policy, load_setup(args.robot).robot)
    log = RowLog(args.out / 'episodes.jsonl', made_by(*policies))
    if args.fresh:
        log.path.unlink(missing_ok=True)
    rows = run_jobs(make_jobs(args), bench.play, log, args.workers, 'bench-switch-controls')
    code = controls.finish('switch', args.out, figures(rows), NOTES)
    wrong = [row for row in rows if row['arm'] != IGNORED and not row['success']]
    print('\n'.join(f'{row["arm"]}:{bench.account(row)}' for row in wrong[:12]))
    return code


def make_jobs(args: argparse.Namespace) -> list[tuple[str, SwitchJob]]:
    """The same episodes for every arm, in turns."""
    arms = ((CLAIM, args.policy), (LEARNED, POLICY))
    jobs = [
        bench.keyed(args.robot, policy, plan, arm)
        for plan in bench.plans(args)
        for arm, policy in arms
    ]
    ignored = bench.plans(args, is_ignored=True)
    return [*jobs, *(bench.keyed(args.robot, args.policy, plan, IGNORED) for plan in ignored)]


def figures(rows: list[Row]) -> list[Figure]:
    """Correct behaviour by arm and moment; the control over all moments has the bound."""
    made = []
    for arm in (CLAIM, LEARNED, IGNORED):
        mine = [row for row in rows if row['arm'] == arm]
        for moment in MOMENTS:
            done = [row['success'] for row in mine if row['moment'] == moment]
            made.append(share(f'{arm}: right behaviour, {moment}', sum(done), len(done)))
        done = [row['success'] for row in mine]
        name, bound = f'{arm}: right behaviour', None
        if arm == IGNORED:
            name, bound = f'control, {name}', '<= 0.2'
        made.append(share(name, sum(done), len(done), bound))
        mishaps = sum(bool(row['mishaps']) for row in mine)
        made.append(share(f'{arm}: drops, collisions, spills', mishaps, len(done)))
    return made
