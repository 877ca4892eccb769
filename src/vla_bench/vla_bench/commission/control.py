"""What must fail: a commissioning that always says ok, and one that has observed nothing.

The first finds none of the mistakes. The second fails every robot, a clean one as well; how many
mistakes its findings name by chance is beside it.
"""

from __future__ import annotations

import argparse

from vla_bench import controls
from vla_bench.commission.mistakes import CLEAN, mistakes
from vla_bench.commission.trial import bad, named
from vla_commission.checks.catalogue import static_findings
from vla_commission.facts import Facts
from vla_commission.finding import Finding, ok
from vla_core.result import Figure, share
from vla_core.robot.config import load_robot
from vla_core.robot.topic_names import resolved

DEFAULTS = {'clean': 0}
MOST, OF = '<= 0.2', 'of mistakes'


def run(args: argparse.Namespace) -> int:
    figures: list[Figure] = []
    for name in args.robots:
        robot = resolved(load_robot(name))
        planted = mistakes(robot)
        always = [ok('all', 'always ok')]
        empty = static_findings(Facts(duration=4.0), robot)
        figures += [
            share(f'{name}: always ok', _count(planted, always), len(planted), MOST, OF),
            share(f'{name}: nothing observed', _count(planted, empty), len(planted), None, OF),
            Figure(f'{name}: nothing observed, clean', float(len(bad(empty))), 'findings', '>= 1'),
        ]  # fmt: skip
    notes = [f'{CLEAN.name}: a robot of which nothing is observed must not pass']
    return controls.finish('commission', args.out, figures, notes)


def _count(planted: tuple, found: list[Finding]) -> int:
    return sum(named(mistake, found) is not None for mistake in planted)
