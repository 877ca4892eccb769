"""Record the episodes of a running graph, one file per task, until Ctrl-C.

All topics of the stack are recorded unchanged. Foxglove, `ros2 bag` and `./vla replay` read them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from vla_cli.up import find_launch, launch
from vla_core.arguments import ros_namespace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add('--robot', default='ur5e', help='name in config/robots (default %(default)s)')
    add('--out', type=Path, default=Path('out/episodes'), help='folder (default %(default)s)')
    add('--namespace', type=ros_namespace, default='', metavar='NAME', help='of the graph')
    add('--no-depth', action='store_true', help='do not record depth images: half the size')


def run(args: argparse.Namespace) -> int:
    given = {
        'robot': args.robot,
        'out': str(args.out.resolve()),
        'depth': 'false' if args.no_depth else 'true',
        'namespace': args.namespace,
    }
    print(f'recording to {args.out}; Ctrl-C finishes the open file and ends')
    return launch(find_launch('record'), given)
