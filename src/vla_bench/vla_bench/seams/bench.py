"""`./vla bench seams`: the largest jump where one chunk follows another, when chunks come late,
lost or in wrong order.

Random trials of control (both robots, every space of chunks) against an arm that follows with a
lag. A chunk's own error is 1.5 cm, 0.15 rad, so neighbours disagree by more than a good policy's
would.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterable
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
    kick,
)
from vla_core.errors import UserError
from vla_core.records.action import Space
from vla_core.result import Figure, Result
from vla_core.robot.config import known_robots

BOUND = '<= 2'  # mrad
SPACES = (Space.EE_DELTA, Space.EE_POSE, Space.JOINT_POSITION)
SETTLED = 1.5  # s, the path has begun and the first seam is over


@dataclass(frozen=True)
class SeamOutcome:
    """The numbers of one trial."""

    jump: float  # mrad, beyond what the velocity limit allows
    kick: float  # mrad, change of the step from one period to the next
    naive: float  # mrad, jump of the row due without blending; NaN where it is not defined
    seams: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--trials', type=int, default=12, help='per condition, robot and space (default 12)'
    )
    parser.add_argument('--seed', type=int, default=0, help='of the first trial (default 0)')
    parser.add_argument('--out', type=Path, default=Path('out/bench-seams'), help='folder')


def run(args: argparse.Namespace) -> int:
    if args.trials < 1:
        raise UserError(f'--trials is {args.trials}, must be at least 1')
    seeds = range(args.seed, args.seed + args.trials)
    figures: list[Figure] = []
    with tqdm(total=len(CONDITIONS) * len(seeds) * 6, desc='seams', unit='trial') as bar:
        for condition in CONDITIONS:
            outcomes = []
            for robot, space, seed in itertools.product(known_robots(), SPACES, seeds):
                outcomes.append(measure(SeamTrial(robot, space, condition, seed)))
                bar.update()
            figures += figures_of(condition, outcomes)
    figures += [steady_error(robot) for robot in known_robots()]
    figures += [passed(robot) for robot in known_robots()]
    command = f'./vla bench seams --trials {args.trials} --seed {args.seed}'
    result = Result('bench-seams', command, tuple(figures))
    path = result.write(args.out)
    sys.stdout.write(table(figures) + f'\n{path}\n')
    return 0 if result.ok else 1


def measure(trial: SeamTrial) -> SeamOutcome:
    """Run one trial."""
    rig = ControlRig(trial)
    trace, velocity = rig.run(), rig.robot.limits.velocity
    naive = float('nan')
    if rig.is_joint:
        naive = jump_beyond_limits(SeamTrace(position=trace.naive), velocity)
    jump = jump_beyond_limits(trace, velocity)
    return SeamOutcome(1e3 * jump, 1e3 * kick(trace.position), 1e3 * naive, sum(trace.seam))


def figures_of(condition: Condition, outcomes: list[SeamOutcome]) -> list[Figure]:
    """The worst of all trials of a condition."""
    seams = sum(o.seams for o in outcomes)
    worst = {
        'jump beyond the velocity limit': (max(o.jump for o in outcomes), BOUND),
        'change of step': (max(o.kick for o in outcomes), BOUND),
        'jump without blending': (np.nanmax([o.naive for o in outcomes]), None),
    }
    return [
        Figure(f'{condition.name}: {name}', float(value), 'mrad', bound, seams)
        for name, (value, bound) in worst.items()
    ]


def steady_error(robot: str) -> Figure:
    """Largest distance between the commanded tool and what exact chunks ask for, under way."""
    rig = ControlRig(
        SeamTrial(robot, Space.EE_POSE, CONDITIONS[0], seed=1, duration=6.0, error=0.0)
    )
    trace = rig.run()
    first = round(SETTLED / PERIOD)
    wanted = rig.home_pose[:3, 3] + rig.reference.at(np.array(trace.time))[:, :3]
    tool = [rig.model.fk(q)[:3, 3] for q in trace.position]
    miss = 1e3 * np.linalg.norm(np.array(tool) - wanted, axis=1)[first:]
    return Figure(f'{robot}: tracking error', float(miss.max()), 'mm', '<= 1', len(miss))


def passed(robot: str) -> Figure:
    """Share of targets that the shield passes unchanged when chunks err by 2 mm, 0.02 rad."""
    rigs = [
        ShieldedRig(
            SeamTrial(robot, Space.EE_DELTA, CONDITIONS[0], seed, duration=4.0, error=0.002)
        )
        for seed in range(4)
    ]
    for rig in rigs:
        rig.run()
    count = sum(len(rig.decisions) for rig in rigs)
    share = float(np.mean([rig.passed() for rig in rigs]))
    return Figure(f'{robot}: targets that the shield passed', share, 'share', '>= 0.98', count)


def table(figures: Iterable[Figure]) -> str:
    """What a person reads."""
    lines = [
        f'{f.name:48} {f.value:9.3f} {f.unit:5} {f.bound or "":7} {"" if f.ok else "FAILED"}'
        for f in figures
    ]
    return '\n'.join(lines)
