"""`./vla bench shield`: random targets through the shield into the physics; are there contacts?

Each rollout is ten seconds of simulated time from its own seed. Finished rollouts are kept in
rollouts.jsonl, so an interrupted run resumes. The control (`control.py`) plays the same targets
without the shield.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from vla_bench.shield import control
from vla_bench.shield.rollouts import RolloutTotals, play_all, rollouts, shielded_figures
from vla_core.arguments import integer, number
from vla_core.errors import UserError
from vla_core.result import Result
from vla_core.robot.config import load_robot
from vla_lockstep.campaign import command_line
from vla_report import figure_table

ROBOT = 'ur5e'  # another has a result of its own


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        '--rollouts',
        type=integer(1, 1_000_000),
        default=2000,
        help='how many (default %(default)s)',
    )
    add(
        '--seconds',
        type=number(0.1, 600.0),
        default=10.0,
        help='s simulated, of each (default %(default)s)',
    )
    add('--seed', type=int, default=0, help='of the first (default %(default)s)')
    add('--robot', default=ROBOT, help='name in config/robots (default %(default)s)')
    add('--tcp-speed', type=number(0.01, 1.0), default=0.25, help='m/s, limit of the shield')
    add('--workers', type=integer(1, 256), default=2, help='processes (default %(default)s)')
    bare = 'of them, also played without the shield, as a control (default %(default)s)'
    add('--unshielded', type=integer(0, 1_000_000), default=200, help=bare)
    add('--out', type=Path, default=Path('out/bench-shield'), help='folder (default %(default)s)')


def run(args: argparse.Namespace) -> int:
    if args.rollouts < 1 or args.workers < 1 or not 0.1 <= args.seconds <= 600.0:
        raise UserError('--rollouts and --workers must be at least 1, --seconds 0.1 to 600')
    plans = rollouts(args)
    outcomes = play_all(plans, args.out / 'rollouts.jsonl', args.workers)
    shielded = RolloutTotals(tuple(outcomes[p] for p in plans if p.is_shielded))
    arms = len(load_robot(args.robot).arms)
    figures = shielded_figures(shielded, args.tcp_speed, arms)
    if args.unshielded > 0:
        bare = RolloutTotals(tuple(outcomes[p] for p in plans if not p.is_shielded))
        figures += control.unshielded_figures(bare, arms)
    name = 'bench-shield' + ('' if args.robot == ROBOT else f'-{Path(args.robot).stem}')
    result = Result(name, command_line(), tuple(figures))
    path = result.write(args.out)
    sys.stdout.write('\n'.join([*figure_table.lines(figures), f'{path}\n']))
    return 0 if result.ok else 1
