"""Check a robot and its drivers against its robot file, step by step, before the first task:

./vla commission my_robot.yaml              all steps; Enter held down is the dead-man switch
./vla commission my_robot.yaml --passive    only what needs no motion
./vla commission my_robot.yaml --rehearse   faults on the robot, each with consent: a site sheet
./vla commission ur5e --sim --yes           the simulator in the place of the drivers

The drivers must run on this ROS domain. Only the shield is started, for guided motion at 5 cm/s.
Each failed line says what to change; run the command again afterwards, and it resumes. The report
is in out/commission/<robot>/report.html.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from vla_core.arguments import number, ros_namespace
from vla_core.errors import UserError

OUT = Path('out/commission')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add('robot', help='robot file, or a name in config/robots')
    add('--passive', action='store_true', help='nothing is moved')
    add('--rehearse', action='store_true', help='play faults, each with consent: a site sheet')
    add('--again', action='store_true', help='repeat the steps that were passed before')
    text = 'of the drivers and of the stack (default: none)'
    add('--namespace', type=ros_namespace, default='', metavar='NAME', help=text)
    add('--seconds', type=number(0.5, 600.0), default=4.0,
        help='s, to observe (default %(default)s)')  # fmt: skip
    add('--e-stop', default='topic', help='source of its state, as e_stop.source of supervisor')
    add('--answers', type=Path, help='YAML file of "key: true" in the place of the person')
    add('--sim', action='store_true', help='start the simulator in the place of the drivers')
    add('--yes', action='store_true', help='with --sim: a person who answers yes')
    add('--out', type=Path, default=OUT, help='folder (default %(default)s)')


def run(args: argparse.Namespace) -> int:
    if (args.yes or args.answers) and not (args.sim or args.passive):
        raise UserError(
            '--yes and --answers replace the person who holds the dead-man switch: only with '
            '--sim or --passive'
        )
    from vla_commission.live.command import commission  # imported late: --help needs no ROS

    return commission(args)
