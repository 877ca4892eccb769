"""Control of `./vla bench seams`: chunks executed without blending must jump.

The same chunks in joint space: the controller's commands beside the due row of the newest chunk.
"""

from __future__ import annotations

import argparse
import itertools

from tqdm import tqdm

from vla_bench import controls
from vla_bench.seams.bench import figures_of, measure
from vla_bench.seams.trial import CONDITIONS, SeamTrial
from vla_core.records.action import Space
from vla_core.result import Figure
from vla_core.robot.config import single_arm_robots

DEFAULTS = {'trials': 6}


def run(args: argparse.Namespace) -> int:
    seeds = range(args.seed, args.seed + args.trials)
    cases = list(itertools.product(single_arm_robots(), seeds))
    figures: list[Figure] = []
    with tqdm(total=len(CONDITIONS) * len(cases), desc='controls', unit='trial') as bar:
        for condition in CONDITIONS:
            outcomes = []
            for robot, seed in cases:
                outcomes.append(measure(SeamTrial(robot, Space.JOINT_POSITION, condition, seed)))
                bar.update()
            figures += figures_of(condition, outcomes)
    return controls.finish('seams', args.out, figures)
