"""Controls of `./vla bench steering`: the verifier replaced by duller choices.

K = 1, always the first of ten (the first has 0.3 of the noise), and a random one of ten, beside
the verifier's choice among ten, on the same episodes of the early checkpoint.
"""

from __future__ import annotations

import argparse

from vla_bench import controls
from vla_bench.paired import gain, outcomes
from vla_bench.steering import bench
from vla_bench.steering.trial import ARMS, SteeringArm
from vla_core.errors import UserError
from vla_core.result import Figure, share
from vla_lockstep.row_log import Row

DEFAULTS = {'episodes': 6}  # per arm and suite
CLAIM, FIRST, RANDOM, ALONE = 'K=10', 'first of 10', 'random of 10', 'K=1'
CONTROLS = (
    *(arm for arm in ARMS if arm.name in (ALONE, CLAIM, RANDOM)),
    SteeringArm(FIRST, 10, 'first'),
)
NOTES = (
    'K=10 is the claim: the verifier chooses. Its parameters were tuned on these test seeds, so',
    'its gain on other seeds is not known. The bound: the verifier must beat a random choice.',
)


def run(args: argparse.Namespace) -> int:
    if args.episodes < 1:
        raise UserError(f'--episodes is {args.episodes}, must be at least 1')
    jobs = bench.make_jobs(args.robot, {args.early: args.episodes}, CONTROLS, args.suites)
    rows = bench.play_all(args, jobs, 'bench-steering-controls')
    return controls.finish('steering', args.out, figures(rows, args.early), NOTES)


def figures(rows: list[Row], policy: str) -> list[Figure]:
    """Success by arm over all suites, then what each arm gains over K = 1."""
    title = bench.title_of(policy)
    by_arm = {
        arm.name: outcomes(
            [r for r in rows if r['arm'] == arm.name and r['policy'] == policy], ('suite', 'seed')
        )
        for arm in CONTROLS
    }
    made = [
        share(f'{title}: {name}', sum(done.values()), len(done)) for name, done in by_arm.items()
    ]
    alone = by_arm[ALONE]
    claim = gain(f'{title}: gain of {CLAIM}, tuned on its own test seeds', alone, by_arm[CLAIM])
    first = gain(f'{title}: gain of {FIRST}', alone, by_arm[FIRST])
    drawn = gain(f'{title}: gain of {RANDOM}', alone, by_arm[RANDOM])
    over = gain(f'{title}: gain of {CLAIM} over {RANDOM}', by_arm[RANDOM], by_arm[CLAIM], '> 0')
    return [*made, *(figure for figure in (claim, first, drawn, over) if figure is not None)]
