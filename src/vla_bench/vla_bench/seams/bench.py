"""`./vla bench seams`: the largest jump where one chunk follows another, when chunks arrive late,
not at all or in the wrong order.

Random trials of control (every robot, every action space) against an arm that follows with a lag.
A chunk's own error is 1.5 cm, 0.15 rad, so consecutive chunks disagree more than a good policy's.
The control in the same table is the due row of the newest chunk without blending.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from vla_bench.seams.shielded import ShieldedRig
from vla_bench.seams.trial import (
    CONDITIONS,
    PERIOD,
    Condition,
    ControlRig,
    SeamTrace,
    SeamTrial,
    jump_beyond_limits,
    step_change,
)
from vla_core.arguments import integer
from vla_core.errors import UserError
from vla_core.records.action import Space
from vla_core.result import Figure, Result, clustered
from vla_core.robot.config import single_arm_robots
from vla_lockstep.campaign import command_line
from vla_report import figure_table

BOUND, MUST_JUMP = '<= 2', '> 2'  # mrad
SPACES = (Space.EE_DELTA, Space.EE_POSE, Space.JOINT_POSITION)
SETTLED = 1.5  # s, by when the path has begun and the first seam is over


@dataclass(frozen=True)
class SeamOutcome:
    """The numbers of one trial."""

    jump: float  # mrad, beyond what the velocity limit allows
    step_change: float  # mrad, change of the step from one period to the next
    unblended: float  # mrad, jump of the due rows; NaN except in joint space
    seams: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        '--trials',
        type=integer(1, 100_000),
        default=12,
        help='per condition, robot and space (default 12)',
    )
    add(
        '--shielded',
        type=integer(2, 1_000_000),
        default=190,
        help='trials with the shield, per robot (default 190)',
    )
    add('--seed', type=int, default=0, help='of the first trial (default %(default)s)')
    add('--out', type=Path, default=Path('out/bench-seams'), help='folder (default %(default)s)')


def run(args: argparse.Namespace) -> int:
    if args.trials < 1 or args.shielded < 2:
        raise UserError('--trials must be at least 1, --shielded at least 2')
    seeds = range(args.seed, args.seed + args.trials)
    figures: list[Figure] = []
    with tqdm(total=len(CONDITIONS) * len(seeds) * 6, desc='seams', unit='trial') as bar:
        for condition in CONDITIONS:
            outcomes = []
            for robot, space, seed in itertools.product(single_arm_robots(), SPACES, seeds):
                outcomes.append(measure(SeamTrial(robot, space, condition, seed)))
                bar.update()
            figures += figures_of(condition, outcomes)
    figures += [steady_error(robot) for robot in single_arm_robots()]
    figures += [passed(robot, args.shielded) for robot in single_arm_robots()]
    result = Result('bench-seams', command_line(), tuple(figures))
    path = result.write(args.out)
    sys.stdout.write('\n'.join([*figure_table.lines(figures), f'{path}\n']))
    return 0 if result.ok else 1


def measure(trial: SeamTrial) -> SeamOutcome:
    """Run one trial."""
    rig = ControlRig(trial)
    trace, velocity = rig.run(), rig.robot.limits.velocity
    unblended = float('nan')
    if rig.is_joint:
        unblended = jump_beyond_limits(SeamTrace(position=trace.unblended), velocity)
    jump = jump_beyond_limits(trace, velocity)
    return SeamOutcome(
        1e3 * jump, 1e3 * step_change(trace.position), 1e3 * unblended, sum(trace.seam)
    )


def figures_of(condition: Condition, outcomes: list[SeamOutcome]) -> list[Figure]:
    """The largest values over all trials of a condition."""
    seams = sum(o.seams for o in outcomes)
    worst = {
        'jump beyond the velocity limit': (max(o.jump for o in outcomes), BOUND),
        'change of step': (max(o.step_change for o in outcomes), BOUND),
        'jump without blending': (np.nanmax([o.unblended for o in outcomes]), MUST_JUMP),
    }
    return [
        Figure(f'{condition.name}: {name}', float(value), 'mrad', bound, seams)
        for name, (value, bound) in worst.items()
    ]


def steady_error(robot: str) -> Figure:
    """Largest distance of the commanded tool to the path of error-free chunks."""
    rig = ControlRig(
        SeamTrial(robot, Space.EE_POSE, CONDITIONS[0], seed=1, duration=6.0, error=0.0)
    )
    trace = rig.run()
    first = round(SETTLED / PERIOD)
    path = rig.home_pose[:3, 3] + rig.reference.at(np.array(trace.time))[:, :3]
    tool = [rig.model.fk(q)[:3, 3] for q in trace.position]
    miss = 1e3 * np.linalg.norm(np.array(tool) - path, axis=1)[first:]
    return Figure(f'{robot}: tracking error', float(miss.max()), 'mm', '<= 1', len(miss))


def passed(robot: str, trials: int) -> Figure:
    """Share of targets that the shield passes unchanged when chunks err by 2 mm, 0.02 rad."""
    values: list[bool] = []
    clusters: list[int] = []
    for seed in tqdm(range(trials), desc=f'{robot} with the shield', unit='trial'):
        rig = ShieldedRig(
            SeamTrial(robot, Space.EE_DELTA, CONDITIONS[0], seed, duration=4.0, error=0.002)
        )
        rig.run()
        values += rig.passed
        clusters += [seed] * len(rig.passed)
    name = f'{robot}: targets that the shield passed'
    return clustered(name, values, clusters, '>= 0.98', 'of targets')
